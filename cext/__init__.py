# SPDX-License-Identifier: BSD-3-Clause
"""The native kernels, installed as `simobjects.cext`: one `.pyx` file each, with its types in a `.pyi` beside it.

The folder stands at the top of the repository, and `simobjects/cext` is a link to it, so that what pip installs is one
package. Nothing here knows pydantic.
"""

if __name__ == "cext":
    # Loaded under a second name, every kernel would be there twice, with classes that do not know each other.
    raise ImportError("the kernels are in the package simobjects: import simobjects.cext")
