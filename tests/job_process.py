"""Stands in for the process of a job: `python job_process.py WORKSPACE JOB`, told what to do by the job's payload."""

import os
import signal
import sys
import time

from autogpt.services import jobs
from autogpt.store import Store

folder, job_id = sys.argv[1:]
store = Store(folder)
do = jobs.payload_of(store, job_id)[1]["do"]
if do == "finish":
    jobs.finish(store, job_id, {"pid": os.getpid()})
elif do == "say":
    print("read 1 file")
    print("wrote 银行", file=sys.stderr)
    jobs.fail(store, job_id, "The file is broken.")
elif do == "tell":
    jobs.finish(store, job_id, {"variables": sorted(name for name in os.environ if name.startswith("AUTOGPT_"))})
elif do == "die once" and not (store.folder / "died").exists():
    (store.folder / "died").touch()
    os.kill(os.getpid(), signal.SIGKILL)
elif do == "die once":
    jobs.finish(store, job_id, {})
elif do == "die":
    os.kill(os.getpid(), signal.SIGKILL)
elif do == "hang":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    jobs.heartbeat(store, job_id)
    (store.folder / "hangs").write_text(str(os.getpid()))
    while True:
        time.sleep(60)
