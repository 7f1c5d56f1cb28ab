#!/usr/bin/python3
"""Builds the Debian package, keywatch_VERSION_ARCHITECTURE.deb, from this source tree; docs/packages.md tells of it.

The libraries that Debian does not have come from PyPI as wheels into a virtual environment of the package's own, made
with the system's Python. Writes nothing but the package and temporary files; needs no root.
"""

from __future__ import annotations

import argparse
import compileall
import gzip
import hashlib
import os
import py_compile
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
PYTHON = "/usr/bin/python3"
HOME = "usr/lib/keywatch"
UNITS = "usr/lib/systemd/system"
PROGRAMS = ("keywatch", "keywatch-credential")
SCRIPTS = ("postinst", "prerm", "postrm")
#: files of installed Python packages that name this build's folders, or that only an installer reads
_INSTALLERS = ("RECORD", "REQUESTED", "INSTALLER", "direct_url.json")
_NEEDED = ("dpkg-deb", "dpkg-shlibdeps", "dpkg", PYTHON)


def main() -> None:
    """Build as the command line says, and print the package's path."""
    parser = argparse.ArgumentParser(description="Build the Debian package of keywatch.")
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "dist", help="where to put it (default: dist)")
    parser.add_argument(
        "--constraint", type=Path, metavar="FILE",
        help="versions of the libraries, as python-packages.txt of an earlier package names them",
    )  # fmt: skip
    parser.add_argument("--fast", action="store_true", help="compress little: a larger package, sooner (for tests)")
    options = parser.parse_args()
    missing = [name for name in _NEEDED if shutil.which(name) is None]
    if missing:
        sys.exit(f"build.py: needs {', '.join(missing)}: apt-get install dpkg-dev python3 python3-venv")
    os.umask(0o022)
    os.environ.setdefault("SOURCE_DATE_EPOCH", str(_source_date()))
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    with tempfile.TemporaryDirectory(prefix="keywatch-deb-") as folder:
        print(build(Path(folder), options.folder, options.constraint, fast=options.fast))


def build(work: Path, target: Path, constraint: Path | None, *, fast: bool) -> Path:
    """Stage the package's tree in `work` and pack it into `target`."""
    stage = work / "stage"
    site = install_programs(work, stage, constraint)
    versions = _freeze(site)
    version = next(line.partition("==")[2] for line in versions if line.startswith("keywatch=="))
    install_documents(work, stage, versions)
    strip_installation(stage, site)
    install_units(stage, site)
    for name, target_of in {name: f"../lib/keywatch/bin/{name}" for name in PROGRAMS}.items():
        (stage / "usr/bin").mkdir(exist_ok=True)
        (stage / "usr/bin" / name).symlink_to(target_of)
    compile_bytes(stage, site)
    write_control(work, stage, debian_version(version))
    settle(stage)
    target.mkdir(parents=True, exist_ok=True)
    package = target / f"keywatch_{debian_version(version)}_{_say('dpkg', '--print-architecture')}.deb"
    how = ("-Zgzip", "-z1") if fast else ("-Zxz",)
    _run("dpkg-deb", *how, "--root-owner-group", "--build", str(stage), str(package))
    return package


def install_programs(work: Path, stage: Path, constraint: Path | None) -> Path:
    """keywatch's own wheel and the libraries' into a fresh environment; its folder of packages."""
    tools, home, source = work / "tools", stage / HOME, work / "source"
    _run(PYTHON, "-m", "venv", str(tools))
    _run(PYTHON, "-m", "venv", "--without-pip", str(home))
    pip = (str(tools / "bin/python3"), "-m", "pip", "--quiet", "--disable-pip-version-check")
    source.mkdir()
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    unwanted = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "keywatch", source / "keywatch", ignore=unwanted)
    _run(*pip, "wheel", "--no-deps", "--wheel-dir", str(work), str(source))
    (wheel,) = work.glob("keywatch-*.whl")
    limits = ("--constraint", str(_without_own(constraint, work))) if constraint else ()
    inside = ("--python", str(home / "bin/python3"))
    _run(*pip, *inside, "install", "--no-compile", "--only-binary", ":all:", *limits, str(wheel))
    _run(*pip, "install", "--no-compile", "--target", str(work / "manual"), "argparse-manpage")
    (site,) = (home / "lib").glob("python3.*/site-packages")
    return site


def _without_own(constraint: Path, work: Path) -> Path:
    lines = [line for line in constraint.read_text().splitlines() if not line.startswith("keywatch==")]
    path = work / "constraint.txt"
    path.write_text("\n".join(lines) + "\n")
    return path


def _freeze(site: Path) -> list[str]:
    """`name==version` of everything that was installed."""
    found = []
    for metadata in site.glob("*.dist-info/METADATA"):
        head = metadata.read_text(encoding="utf-8").partition("\n\n")[0]
        fields = dict(line.split(": ", 1) for line in head.splitlines() if re.match(r"(Name|Version): ", line))
        found.append(f"{fields['Name'].lower()}=={fields['Version']}")
    return sorted(found)


def install_documents(work: Path, stage: Path, versions: list[str]) -> None:
    """Manual pages, completions, docs and copyright, by the program that was just installed."""
    python = str(stage / HOME / "bin/python3")
    environment = {**os.environ, "PYTHONPATH": str(work / "manual")}
    manual = work / "pages"
    subprocess.run([python, str(ROOT / "scripts/manpages.py"), str(manual)], check=True, env=environment)
    for page in manual.iterdir():
        _write_gzip(stage / f"usr/share/man/man{page.suffix[1:]}" / f"{page.name}.gz", page.read_bytes())
    for shell, path in {
        "bash": "bash-completion/completions/keywatch",
        "zsh": "zsh/vendor-completions/_keywatch",
        "fish": "fish/vendor_completions.d/keywatch.fish",
    }.items():
        text = _say(python, "-m", "keywatch", "completion", shell)
        _write(stage / "usr/share" / path, text + "\n")
    documents = stage / "usr/share/doc/keywatch"
    _write(documents / "copyright", (HERE / "copyright").read_text())
    _write(documents / "python-packages.txt", "\n".join(versions) + "\n")
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        _write(documents / path.relative_to(ROOT), path.read_text(encoding="utf-8"))
    _write_gzip(documents / "changelog.gz", (ROOT / "CHANGELOG.md").read_bytes())
    _write(stage / "usr/share/lintian/overrides/keywatch", (HERE / "lintian-overrides").read_text())


def strip_installation(stage: Path, site: Path) -> None:
    """Leave of the environment what runs keywatch, and name nothing of this build's folders in it."""
    home = stage / HOME
    for path in (home / "bin").iterdir():
        if path.name not in (*PROGRAMS, "python3"):
            path.unlink()
    (home / "bin/python3").unlink()
    (home / "bin/python3").symlink_to("../../../bin/python3")
    for name in PROGRAMS:
        script = home / "bin" / name
        _first, _, rest = script.read_text().partition("\n")
        # -I: nobody's PYTHONPATH, current folder or own packages change what runs
        script.write_text(f"#!/{HOME}/bin/python3 -I\n{rest}")
    (home / "pyvenv.cfg").write_text("home = /usr/bin\ninclude-system-site-packages = false\n")
    shutil.rmtree(home / "include", ignore_errors=True)
    (home / "lib64").unlink(missing_ok=True)
    for name in _INSTALLERS:
        for path in site.glob(f"*.dist-info/{name}"):
            path.unlink()
    for cache in [*site.rglob("__pycache__")]:
        shutil.rmtree(cache)


def install_units(stage: Path, site: Path) -> None:
    """The units and accounts, as the program itself would write them."""
    units = site / "keywatch/units"
    for path in sorted(units.iterdir()):
        if path.name == "keywatch.service":
            _write(stage / "usr/lib/systemd/user" / path.name, path.read_text())
        elif path.suffix in (".service", ".socket"):
            _write(stage / UNITS / path.name, path.read_text())
        elif path.suffix == ".sysusers":
            _write(stage / "usr/lib/sysusers.d/keywatch.conf", path.read_text())


def compile_bytes(stage: Path, site: Path) -> None:
    """Byte code that does not look at its source's time: the same in each build, and never written again."""
    done = compileall.compile_dir(
        site, quiet=1, stripdir=str(stage), prependdir="/", workers=os.cpu_count() or 1,
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )  # fmt: skip
    if not done:
        sys.exit("build.py: some modules can't be compiled")


def debian_version(version: str) -> str:
    """A Python version (PEP 440) as a Debian one: what comes before a release sorts before it."""
    return re.sub(r"\.?(dev|a|b|rc)(?=\d)", r"~\1", version)


def write_control(work: Path, stage: Path, version: str) -> None:
    """DEBIAN/: what the package needs and runs, and the sums of its files."""
    control = stage / "DEBIAN"
    control.mkdir()
    major, minor = sys.version_info[:2]
    name = os.environ.get("DEBFULLNAME") or _newest_commit("%an") or "keywatch"
    mail = os.environ.get("DEBEMAIL") or _newest_commit("%ae") or "root@localhost"
    date = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(int(os.environ["SOURCE_DATE_EPOCH"])))
    _write_gzip(
        stage / "usr/share/doc/keywatch/changelog.Debian.gz",
        f"keywatch ({version}) unstable; urgency=medium\n\n  * changelog.gz tells what is new.\n\n"
        f" -- {name} <{mail}>  {date}\n".encode(),
    )
    values = {
        "VERSION": version, "ARCHITECTURE": _say("dpkg", "--print-architecture"), "MAINTAINER": f"{name} <{mail}>",
        "SIZE": str(_kibibytes(stage)),
        "PYTHON": f"{major}.{minor}", "NEXT_PYTHON": f"{major}.{minor + 1}", "LIBRARIES": _libraries(work, stage),
    }  # fmt: skip
    text = re.sub(r"@([A-Z_]+)@", lambda found: values[found[1]], (HERE / "control").read_text())
    (control / "control").write_text(text)
    for script in SCRIPTS:
        shutil.copy(HERE / script, control / script)
        (control / script).chmod(0o755)
    files = sorted(path for path in stage.rglob("*") if path.is_file() and not path.is_symlink())
    sums = [(path, path.relative_to(stage)) for path in files if control not in path.parents]
    (control / "md5sums").write_text(
        "".join(f"{hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()}  {name}\n" for path, name in sums)
    )


def _kibibytes(stage: Path) -> int:
    """What the package takes on a disk, as deb-substvars(5) counts it: a folder is 1."""
    return sum(
        -(-path.stat().st_size // 1024) if path.is_file() and not path.is_symlink() else 1 for path in stage.rglob("*")
    )


def _libraries(work: Path, stage: Path) -> str:
    """The packages whose C libraries the Python libraries need, by dpkg-shlibdeps(1)."""
    folder = work / "shlibs"
    (folder / "debian").mkdir(parents=True)
    (folder / "debian/control").write_text("Source: keywatch\n\nPackage: keywatch\nArchitecture: any\n")
    objects = [str(path) for path in sorted((stage / HOME).rglob("*.so*")) if path.is_file()]
    # bundled libraries lie beside the modules that load them
    own = [f"-l{folder}" for folder in sorted({os.path.dirname(path) for path in objects})]
    done = subprocess.run(
        ["dpkg-shlibdeps", "-O", "--ignore-missing-info", *own, *objects], cwd=folder, check=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    return done.stdout.strip().removeprefix("shlibs:Depends=")


def settle(stage: Path) -> None:
    """Modes for everybody to read and root alone to write, and no time later than the source's."""
    latest = int(os.environ["SOURCE_DATE_EPOCH"])
    for path in (stage, *stage.rglob("*")):
        if not path.is_symlink():
            runs = path.is_dir() or path.parent == stage / HOME / "bin" or path.name in SCRIPTS
            path.chmod(0o755 if runs else 0o644)
        os.utime(path, (latest, latest), follow_symlinks=False)


def _source_date() -> int:
    """When the source was last changed: its newest commit, or else its list of changes."""
    return int(_newest_commit("%ct") or (ROOT / "CHANGELOG.md").stat().st_mtime)


def _newest_commit(field: str) -> str:
    """What git log(1) gives for it; nothing outside a repository."""
    command = ["git", "-C", str(ROOT), "log", "-1", f"--format={field}"]
    try:
        done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _write_gzip(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data, 9, mtime=0))


def _run(*command: str) -> None:
    done = subprocess.run(command, check=False, stdout=sys.stderr)
    if done.returncode:
        sys.exit(f"build.py: failed: {' '.join(command)}")


def _say(*command: str) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


if __name__ == "__main__":
    if sys.executable and os.path.realpath(sys.executable) != os.path.realpath(PYTHON):
        os.execv(PYTHON, [PYTHON, __file__, *sys.argv[1:]])  # byte code and versions are those of the system's Python
    main()
