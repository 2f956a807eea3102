# %% SPDX-License-Identifier: BSD-3-Clause [markdown]
# # How large should the guest's TLB be?
#
# KVM on the 440 keeps a TLB for its guest in memory: `KVM44x_GUEST_TLB_SIZE` entries, 64 as the hardware has. A larger
# one would spare the guest misses of its own, and cost KVM longer searches. This notebook asks the question as a study:
# points, a run that goes on where it was stopped, a table, a figure, a sentence.
# [The whole study](../../docs/study-sizes.md) asks it of more programs.
#
# Start Jupyter in the folder of the project, or set `ROOT`.

# %%
import os
from pathlib import Path

from IPython.display import SVG

from simobjects.study import Study, Suite, grid
from simobjects.study.figures import Figure, Page, draw, read_sweep

here = Path.cwd()
ROOT = next(folder for folder in (here, *here.parents) if (folder / "configs" / "examples").is_dir())
REFERENCES = int(os.environ.get("REFERENCES", "2000000"))
OUT = Path(os.environ.get("OUT", "sweeps/notebook"))

# %% [markdown]
# The machine is a config script; a workload, two schemes and two sizes are what is varied. A point is one run.

# %%
space = Suite.load("traces").axis() * grid(
    {
        "system.guest_tlb.entries": "32..256:x2",
        "system.tlb.entries": [64, 256],
        "system.host.scheme": ["e3b", "e4"],
    }
)
script = ROOT / "configs" / "examples" / "kvm_guest.py"
keep = ["system.core.vcpu_time", "system.core.instructions", "system.host.*"]
study = Study(script, space, out=OUT, references=REFERENCES, keep=keep)
print(len(space), "points")

# %% [markdown]
# All values are checked before the first point runs. The folder is the truth: execute this cell again, and what is
# there is not run again; add a size, and only that is.

# %%
outcome = study.run(plot="system.core.vcpu_time/system.core.instructions")
assert not outcome.failed, outcome.failed
study.status().done

# %% [markdown]
# The results are a table: a row a point, columns whose names need no quoting.

# %%
wide = study.results.wide(["system.core.*", "system.host.virt_misses", "system.host.real_misses"])
wide.select(["guest_tlb_entries", "tlb_entries", "host_scheme", "core_vcpu_time", "host_real_misses"]).to_pandas()

# %% [markdown]
# In SQL: what the commit (E4) gains over its parent (E3b) at each size.

# %%
with study.results.duckdb() as connection:
    gains = connection.execute(
        """
        select old.guest_tlb_entries as guest, old.tlb_entries as hardware,
               round(old.core_vcpu_time / new.core_vcpu_time, 3) as gain
        from wide old join wide new using (guest_tlb_entries, tlb_entries)
        where old.host_scheme = 'e3b' and new.host_scheme = 'e4' order by all
        """
    ).df()
gains

# %% [markdown]
# A figure for the paper, at the width of a column.

# %%
figure = Figure("curves", "system.core.vcpu_time/system.core.instructions", facets=("system.tlb.entries",))
SVG(draw(read_sweep(OUT), figure, Page(title="Cycles of an instruction")).content)

# %% [markdown]
# And the sentence.

# %%
commit = wide.to_pandas().query("host_scheme == 'e4' and tlb_entries == 64").set_index("guest_tlb_entries")
best = commit["core_vcpu_time"].idxmin()
saved = 1 - commit["core_vcpu_time"][best] / commit["core_vcpu_time"][64]
print(f"Under the commit, on 64 entries of hardware, {best} entries for the guest save {saved:.0%} of the time of 64.")
