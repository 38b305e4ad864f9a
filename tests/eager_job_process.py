"""The process of a job that does not step back, for busy machines: `python eager_job_process.py WORKSPACE JOB`."""

import sys

from autogpt.services import working

working.step_back = lambda wanted: None
sys.exit(working.main(sys.argv[1:]))
