# SPDX-License-Identifier: BSD-3-Clause
"""Where points run: on this computer, on the workers of a Dask cluster, in a job array of SLURM."""
