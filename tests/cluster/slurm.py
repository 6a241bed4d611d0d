"""A Slurm of two nodes on this machine, which the tests start and stop themselves.

Everything listens on loopback only. It must be root, and its configuration must be in /etc/slurm, because the
executor forgets SLURM_CONF.
"""

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil

ETC = Path("/etc/slurm")
MARK = "# Written by the tests of lexloom, and removed by them.\n"
PROGRAMS = ("slurmctld", "slurmd", "sbatch", "munged", "slurmdbd", "mariadbd")
PACKAGES = "slurmctld slurmd slurm-client munge slurmdbd mariadb-server"
NODE_CPUS, NODE_MB = 2, 6000


def why_not():
    """Return why no Slurm can be started here, or nothing."""
    missing = [name for name in PROGRAMS if not shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")]
    if missing:
        return f"{', '.join(missing)} not found; apt-get install --no-install-recommends {PACKAGES}"
    if os.geteuid():
        return "Slurm's daemons must be started by root; run this in a container or a virtual machine"
    conf = ETC / "slurm.conf"
    if conf.exists() and not conf.read_text().startswith(MARK):
        return f"{conf} is there: this machine has a Slurm of its own; run this on another one"
    return ""


class Slurm:
    """Two nodes, n1 and n2; n2 has what counts as a GPU. With accounting, `sacct` answers.

    Parameters
    ----------
    accounting : bool
    """

    def __init__(self, accounting):
        self.accounting = accounting
        self.folder = Path(tempfile.mkdtemp(prefix="lexloom-slurm-"))
        self.folder.chmod(0o755)
        self.processes = {}

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if "slurmctld" in self.processes:
            with suppress(AssertionError, subprocess.SubprocessError):
                ask("scancel", "--user=root")
                wait_for(lambda: not ask("squeue", "--noheader"), 20)
        for name in [*reversed(self.processes)]:
            self.stop(name)
        for name in ("slurm.conf", "gres.conf", "slurmdbd.conf"):
            (ETC / name).unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self):
        self._start_munge()
        controller, database = free_port(), free_port()
        if self.accounting:
            self._start_accounting(database)
        write("slurm.conf", self._configuration(controller, database))
        write("gres.conf", "NodeName=n2 Name=gpu File=/dev/null\n")
        self.start("slurmctld")
        for node in ("n1", "n2"):
            self.start(node)
        wait_for(lambda: ask("sinfo", "--noheader", "--Node", "--format=%T") == "idle\nidle\n")

    def start(self, name):
        """Start the controller, or a node."""
        command = ["slurmctld", "-D"] if name == "slurmctld" else ["slurmd", "-D", "-N", name]
        self._run(name, *command)

    def stop(self, name):
        """Stop a daemon."""
        process = self.processes.pop(name)
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def lose_node(self, name, job):
        """Let a node go down with the job that it runs, all at once."""
        self.processes[name].kill()
        self.processes.pop(name).wait()
        for process in psutil.process_iter(["cmdline"]):
            if " ".join(process.info["cmdline"] or ()).startswith(f"slurmstepd: [{job}."):
                with suppress(psutil.NoSuchProcess):
                    for each in (process, *process.children(recursive=True)):
                        each.kill()

    def _run(self, name, *command, user=None):
        with open(self.folder / f"{name}.log", "a") as log:
            self.processes[name] = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                cwd="/",
                env=os.environ | {"PATH": f"{os.environ['PATH']}:/usr/sbin"},
                user=user,
                group=user,
                extra_groups=[] if user else None,
                start_new_session=True,
                preexec_fn=die_with_the_tests,
            )

    def _start_munge(self):
        folder = self.folder / "munge"
        folder.mkdir(mode=0o755)
        (folder / "key").write_bytes(os.urandom(1024))
        (folder / "key").chmod(0o400)
        for path in (folder, folder / "key"):
            shutil.chown(path, "munge", "munge")
        self._run(
            "munged",
            *("munged", "--foreground", f"--socket={folder}/socket", f"--key-file={folder}/key"),
            *(f"--pid-file={folder}/pid", f"--seed-file={folder}/seed", f"--log-file={folder}/log"),
            user="munge",
        )
        wait_for((folder / "socket").exists)

    def _start_accounting(self, port):
        data, database = self.folder / "database", free_port()
        data.mkdir()
        shutil.chown(data, "mysql")
        subprocess.run(
            ["mariadb-install-db", "--user=mysql", f"--datadir={data}", "--skip-test-db"],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        self._run(
            "mariadbd",
            *("mariadbd", "--no-defaults", f"--datadir={data}", f"--socket={data}/socket"),
            *("--bind-address=127.0.0.1", f"--port={database}", "--innodb-buffer-pool-size=64M"),
            user="mysql",
        )
        wait_for((data / "socket").exists)
        sql = (
            "create database slurm_acct_db; create user 'slurm'@'%' identified by 'loopback'; "
            "grant all on slurm_acct_db.* to 'slurm'@'%';"
        )
        wait_for(lambda: ask("mariadb", "--no-defaults", "-S", f"{data}/socket", "-e", sql) is not None)
        write(
            "slurmdbd.conf",
            f"AuthType=auth/munge\nAuthInfo=socket={self.folder}/munge/socket\nDbdHost={host()}\n"
            f"DbdAddr=127.0.0.1\nDbdPort={port}\nSlurmUser=root\nPidFile={self.folder}/slurmdbd.pid\n"
            f"StorageType=accounting_storage/mysql\nStorageHost=127.0.0.1\nStoragePort={database}\n"
            "StorageUser=slurm\nStoragePass=loopback\nStorageLoc=slurm_acct_db\n",
        )
        (ETC / "slurmdbd.conf").chmod(0o600)
        self._run("slurmdbd", "slurmdbd", "-D", "-v")
        wait_for(lambda: "started" in (self.folder / "slurmdbd.log").read_text())

    def _configuration(self, controller, database):
        folder, node = self.folder, f"NodeHostname={host()} NodeAddr=127.0.0.1"
        accounting = (
            f"AccountingStorageType=accounting_storage/slurmdbd\nAccountingStorageHost=127.0.0.1\n"
            f"AccountingStoragePort={database}\nAccountingStoragePass={folder}/munge/socket\n"
            if self.accounting
            else "AccountingStorageType=accounting_storage/none\n"
        )
        nodes = "".join(
            f"NodeName={name} {node} Port={free_port()} CPUs={NODE_CPUS} RealMemory={NODE_MB}{gres}\n"
            for name, gres in (("n1", ""), ("n2", " Gres=gpu:1"))
        )
        return f"""ClusterName=lexloom
SlurmctldHost={host()}(127.0.0.1)
SlurmctldPort={controller}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=batch_sched_delay=1,sched_interval=5,bf_interval=5
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
{accounting}ReturnToService=2
MpiDefault=none
SlurmdTimeout=10
KillWait=10
GresTypes=gpu
{nodes}PartitionName=main Nodes=n[1-2] Default=YES MaxTime=INFINITE State=UP
"""


def die_with_the_tests():
    """Have the kernel end this process when the one that started it ends, however that ends."""
    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)


def host():
    """Return the name of this machine."""
    return socket.gethostname().partition(".")[0]


def write(name, text):
    """Write a file of Slurm's configuration."""
    ETC.mkdir(exist_ok=True)
    (ETC / name).write_text(MARK + text)


def free_port():
    """Return a port that nothing listens on."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


def ask(*command):
    """Return what a command says, or None where it fails."""
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30)
    return None if ended.returncode else ended.stdout


def wait_for(event, seconds=60):
    """Wait for something to happen."""
    end = time.monotonic() + seconds
    while not event():
        assert time.monotonic() < end, f"waited {seconds} s in vain"
        time.sleep(0.1)


if __name__ == "__main__":  # python tests/cluster/slurm.py [accounting]: for work by hand, until Ctrl-C
    import sys

    with Slurm("accounting" in sys.argv[1:]):
        signal.pause()
