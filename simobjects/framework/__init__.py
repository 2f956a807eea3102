# SPDX-License-Identifier: BSD-3-Clause
"""The framework: machines described by typed objects, validated as a whole, then built and run.

It knows nothing of what is simulated.
"""

from simobjects.base.errors import SimObjectsError, UnknownNameError
from simobjects.base.names import nearest

from ..stats import StatsError, StatsTree, conserve, counter, formula, histogram, level, vector
from .bibliography import bibliography, citations
from .citation import Citation
from .config import config_hash, config_json, dump_config
from .connections import PortEnd
from .describe import ObjectInfo, describe
from .events import Event, EventKind, Progress, StopReason
from .fields import Ref, child, children, choice, estimate, param, ref
from .graph import graph, joined, outside, reference_cycles, to_graphml, to_json, unconnected
from .hooks import hook
from .load import load_config
from .overrides import Overrides, overriding
from .peers import Peers
from .ports import Port, Protocol_, requestor, responder
from .problems import ConfigError, EngineError, FrozenError, Problem, UnresolvedReference
from .quantities import Address, Cycles, Frequency, Latency, MemorySize, QuantityError
from .simobject import SimObject
from .simulation import Simulation
from .system import System
from .validate import validate
from .values import AddressRange, Ratio
from .variants import variants

__all__ = [
    "Address",
    "AddressRange",
    "Citation",
    "ConfigError",
    "Cycles",
    "EngineError",
    "Event",
    "EventKind",
    "Frequency",
    "FrozenError",
    "Latency",
    "MemorySize",
    "ObjectInfo",
    "Overrides",
    "Peers",
    "Port",
    "PortEnd",
    "Problem",
    "Progress",
    "Protocol_",
    "QuantityError",
    "Ratio",
    "Ref",
    "SimObject",
    "SimObjectsError",
    "Simulation",
    "StatsError",
    "StatsTree",
    "StopReason",
    "System",
    "UnknownNameError",
    "UnresolvedReference",
    "bibliography",
    "child",
    "children",
    "choice",
    "citations",
    "config_hash",
    "config_json",
    "conserve",
    "counter",
    "describe",
    "dump_config",
    "estimate",
    "formula",
    "graph",
    "hook",
    "histogram",
    "joined",
    "level",
    "load_config",
    "nearest",
    "outside",
    "overriding",
    "param",
    "ref",
    "reference_cycles",
    "requestor",
    "responder",
    "to_graphml",
    "to_json",
    "unconnected",
    "validate",
    "variants",
    "vector",
]
