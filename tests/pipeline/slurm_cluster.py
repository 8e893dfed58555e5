"""A SLURM cluster of one virtual node on loopback, without systemd, cgroups or accounting."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DAEMONS = ("munged", "slurmctld", "slurmd")
CONFIGURATION = Path("/etc/slurm/slurm.conf")  # srun inside a job looks nowhere else

_TEXT = """\
ClusterName=leukoscope
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort={controller}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerParameters=bf_interval=2,sched_interval=2,sched_min_interval=100000
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
MpiDefault=none
SwitchType=switch/none
ReturnToService=2
MinJobAge=3600
InactiveLimit=0
NodeName=n1 NodeHostname=localhost NodeAddr=127.0.0.1 Port={node} CPUs={cpus} RealMemory={memory} State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def why_not() -> str:
    """Return why no cluster can be started here; empty if one can."""
    lacking = [name for name in (*DAEMONS, "sbatch") if shutil.which(name) is None]
    if lacking:
        return f"not installed: {', '.join(lacking)}"
    if os.geteuid() != 0:
        return "needs root"
    if CONFIGURATION.exists() or CONFIGURATION.is_symlink():
        return f"{CONFIGURATION} exists"
    return ""


@contextmanager
def cluster(folder: Path) -> Iterator[None]:
    """Run a cluster while the body runs; its files lie in `folder`."""
    (folder / "state").mkdir(parents=True)
    (folder / "spool").mkdir()
    folder.chmod(0o755)
    key = folder / "munge.key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o400)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20 - 1024
    configuration = folder / "slurm.conf"
    configuration.write_text(
        _TEXT.format(
            folder=folder, controller=_free_port(), node=_free_port(), cpus=os.cpu_count(), memory=memory
        )
    )
    CONFIGURATION.parent.mkdir(parents=True, exist_ok=True)
    CONFIGURATION.symlink_to(configuration)
    munge = [f"--key-file={key}", f"--socket={folder}/munge.socket", f"--pid-file={folder}/munge.pid"]
    munge += [f"--log-file={folder}/munge.log", f"--seed-file={folder}/munge.seed"]
    daemons = [
        ["munged", "--force", "--foreground", *munge],
        ["slurmctld", "-D"],
        ["slurmd", "-D", "-N", "n1"],
    ]
    running: list[subprocess.Popen[bytes]] = []
    try:
        for command in daemons:
            quiet = subprocess.DEVNULL
            running.append(subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet))
            time.sleep(0.5)
        _wait_until_idle()
        yield
    finally:
        CONFIGURATION.unlink()
        for process in reversed(running):
            process.terminate()
        for process in running:
            process.wait(timeout=30)


def _wait_until_idle() -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        said = subprocess.run(["sinfo", "-h", "-o", "%T"], capture_output=True, text=True, check=False).stdout
        if said.split() == ["idle"]:
            return
        time.sleep(0.5)
    raise RuntimeError("SLURM did not become idle")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
