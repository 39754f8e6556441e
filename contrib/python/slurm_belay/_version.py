# SPDX-License-Identifier: Apache-2.0
"""The version of belay that this package belongs to."""

__version__ = "0.1.0"
