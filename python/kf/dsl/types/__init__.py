# SPDX-License-Identifier: Apache-2.0
"""Types of inputs and outputs."""
