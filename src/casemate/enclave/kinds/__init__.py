"""Kinds of work: one dispatch by the file's ending, from what was handed in to a job of the sandbox.

    .py     a Python script, as it is
    .ipynb  a notebook: its code cells in order; the executed copy is an output like any other
    .R      an R script, where Rscript is there
    .sql    DuckDB over the inputs, each a view of its own name; the last result is result.csv
    .json   a data request: a recipe of ``casemate.analysis``, computed by our own code
    .evaluate  a model tried on the view by our own code (``casemate.enclave.evaluating``), in no job

Notebook, SQL and request run by a program of ours inside the same walls, which carries what was handed
in as a literal: so names that it spells out stand in the job's script, as those of a script do.
"""

from casemate.enclave.kinds.checking import check_program, kind_of, meets_rows
from casemate.enclave.kinds.jobs import job_of, rscript, text_of

__all__ = ["check_program", "job_of", "kind_of", "meets_rows", "rscript", "text_of"]
