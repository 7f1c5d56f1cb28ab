"""The files that service managers read. `systemd/` in the source tree leads here, so that packages hold them too."""
