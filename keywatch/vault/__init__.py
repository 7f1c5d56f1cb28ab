"""Where entries live: the encrypted vault file (`file`) and the OS keyring (`keyring`), behind one interface (`base`).

Nothing is imported here: a helper that opens one entry of a vault file never loads a keyring library.
"""
