# SPDX-License-Identifier: BSD-3-Clause
"""The names of `simobjects.study` that scripts use, each from the module that has it."""

from simobjects.study.axes import between as between
from simobjects.study.axes import grid as grid
from simobjects.study.axes import replicates as replicates
from simobjects.study.axes import sample as sample
from simobjects.study.axes import zipped as zipped
from simobjects.study.executors.dask_cluster import DaskCluster as DaskCluster
from simobjects.study.executors.local import LocalProcesses as LocalProcesses
from simobjects.study.executors.slurm import Slurm as Slurm
from simobjects.study.results import Results as Results
from simobjects.study.study import Study as Study
from simobjects.study.suite import Suite as Suite
