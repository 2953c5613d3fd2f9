# Highland. `make help` lists what can be made.

MAKEFLAGS += --no-builtin-rules --no-print-directory
.DELETE_ON_ERROR:
.SECONDARY:
SHELL := /bin/bash

# --- what a user sets ---------------------------------------------------------------------------

PAE     ?= auto
RAM     ?= 4G
CPUS    ?= 2
MACHINE ?= pc
CPU     ?= max
VMSPLIT ?= 3G
DEBUG   ?= 0
CMDLINE ?=
FILTER  ?= *
V       ?= 0
Q       := $(if $(filter 1,$(V)),,@)

.PHONY: all
all: build/highland.elf build/pae/kernel.elf build/nopae/kernel.elf

include build.mk
