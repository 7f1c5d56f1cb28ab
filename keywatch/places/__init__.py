"""Where keys are left: the catalogue of well-known places, walking trees, reading contents safely, and exposure."""
