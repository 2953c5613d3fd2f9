# SPDX-License-Identifier: MIT
"""The table of boots of all tiers, put together from the files that have its rows."""

import itertools

import big_rows
import cpu_rows
import crash_rows
import disk_rows
import ext2_rows
import ide_rows
import input_rows
import memory_rows
import order_rows
import reclaim_rows
import swap_rows
import tiers
import user_rows

PARTS = cpu_rows.PARTS + memory_rows.PARTS + input_rows.PARTS + crash_rows.PARTS + user_rows.PARTS + \
    disk_rows.PARTS + ide_rows.PARTS + ext2_rows.PARTS + swap_rows.PARTS + reclaim_rows.PARTS + order_rows.PARTS + \
    big_rows.PARTS


def rows():
    """All boots of the three tiers."""
    table = list(itertools.chain.from_iterable(part() for part in PARTS))
    assert len({row.name for row in table}) == len(table), "row names are unique"
    for row in table:
        if row.banner:
            row.expect = row.expect + [rf"Highland \S+ \({row.mode}\)"]
        if tiers.is_quick(row.name):
            row.tier = "test"
    return table
