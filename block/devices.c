/* SPDX-License-Identifier: MIT */
#include <block/block.h>
