"""The disk, the kernel and the initramfs of the machine, made of Debian 12's packages. Needs root.

Built once for each recipe (this file and `init.sh`) and kept in a cache folder of the user's, where the last one stays.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

RELEASE = "bookworm"
PACKAGES = (
    *("busybox-static", "conntrack", "iproute2", "iputils-ping", "kmod", "nftables", "procps", "python3", "tcpdump"),
    *("strongswan-charon", "strongswan-swanctl"),
    *("libstrongswan-standard-plugins", "libstrongswan-extra-plugins", "libcharon-extra-plugins"),
)
KERNEL = "linux-image-cloud-amd64"
"""A package without content, which depends on the one of the current version."""
UNUSED = ("drivers/gpu", "drivers/infiniband", "drivers/net/ethernet", "drivers/scsi", "fs", "sound", "net/bluetooth")
"""Parts of the kernel's modules that no test needs."""
INIT = Path(__file__).with_name("init.sh")
BOOT = """\
#!/bin/busybox sh
/bin/busybox mount -t devtmpfs dev /dev
for module in $(/bin/busybox cat /modules); do /bin/busybox insmod /$module; done
tries=0
while [ ! -b /dev/vdb ] && [ $tries -lt 100 ]; do /bin/busybox sleep 0.1; tries=$((tries + 1)); done
/bin/busybox mount -t ext4 /dev/vda /root
/bin/busybox mount --move /dev /root/dev
exec /bin/busybox switch_root /root /sbin/init.sh
"""


def image() -> Path:
    """The folder with `disk`, `kernel` and `initrd`; built when the cache has none of this recipe."""
    recipe = hashlib.sha256(Path(__file__).read_bytes() + INIT.read_bytes()).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mainmode-vm"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (cache / recipe).exists():
            for old in cache.iterdir():
                if old.is_dir():
                    shutil.rmtree(old)
            with tempfile.TemporaryDirectory(dir=cache) as work:
                _build(Path(work))
                (Path(work) / "image").rename(cache / recipe)
    return cache / recipe


def _build(work: Path) -> None:
    """Makes `work`/image."""
    root, made = work / "root", work / "image"
    made.mkdir()
    targets = _run("apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)", "Created-By: Packages")
    mirrors = [line.split()[0] for line in targets.splitlines() if line.endswith(f" {RELEASE}")]
    packages = f"--include={','.join(PACKAGES)}"
    _run("unshare", "--mount", "debootstrap", "--variant=minbase", packages, RELEASE, str(root), *mirrors[:1])
    depends = _run("apt-cache", "depends", "--important", KERNEL)
    [package] = re.findall(r"Depends: (linux-image-\S+)", depends)
    _run("apt-get", "download", "-q", package, cwd=work)
    [archive] = work.glob("linux-image-*.deb")
    _run("dpkg-deb", "--extract", str(archive), str(work / "package"))
    [kernel] = (work / "package/boot").glob("vmlinuz-*")
    version = kernel.name.removeprefix("vmlinuz-")
    kernel.rename(made / "kernel")
    modules = root / "lib/modules" / version
    shutil.copytree(work / "package/lib/modules" / version, modules)
    for part in UNUSED:
        shutil.rmtree(modules / "kernel" / part, ignore_errors=True)
    _run("chroot", str(root), "depmod", version)
    _pack_boot(work / "boot", root, modules, made / "initrd")
    for part in ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale"):
        shutil.rmtree(root / part, ignore_errors=True)
    shutil.copy(INIT, root / "sbin/init.sh")
    (root / "sbin/init.sh").chmod(0o755)
    _run("mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-d", str(root), str(made / "disk"), "600M")


def _pack_boot(folder: Path, root: Path, modules: Path, initrd: Path) -> None:
    """The initramfs: busybox, the modules that the disks need in the order of their dependencies, and a script."""
    for part in ("bin", "dev", "root"):
        (folder / part).mkdir(parents=True)
    shutil.copy(root / "bin/busybox", folder / "bin/busybox")
    depends = dict(line.split(":", 1) for line in (modules / "modules.dep").read_text().splitlines())
    order: list[str] = []
    for wanted in ("virtio_pci.ko", "virtio_blk.ko"):
        [path] = [path for path in depends if path.endswith(f"/{wanted}")]
        order += [module for module in [*reversed(depends[path].split()), path] if module not in order]
    for module in order:
        shutil.copy(modules / module, folder / Path(module).name)
    (folder / "modules").write_text("\n".join(Path(module).name for module in order))
    (folder / "init").write_text(BOOT)
    (folder / "init").chmod(0o755)
    names = "\n".join(str(path.relative_to(folder)) for path in folder.rglob("*"))
    packed = subprocess.run(
        [root / "bin/busybox", "cpio", "-o", "-H", "newc"],
        cwd=folder,
        input=names.encode(),
        capture_output=True,
        check=True,
    )
    initrd.write_bytes(packed.stdout)


def _run(*argv: str, cwd: Path | None = None) -> str:
    done = subprocess.run(argv, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(argv)}: exit code {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout
