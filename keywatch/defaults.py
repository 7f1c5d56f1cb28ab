"""What holds where no configuration says otherwise, for those who can't wait until its reader is loaded."""

from __future__ import annotations

#: larger files are skipped, in bytes
MAX_FILE_SIZE = 256 << 20
#: archives in archives, so deep
ARCHIVE_DEPTH = 3
