# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# One makefile for everything; all output goes to $(BUILD). `make help` lists the targets.

BUILD  ?= build
PREFIX ?= /usr/local
CC     := $(if $(filter default,$(origin CC)),gcc,$(CC))
CLANG  ?= clang

# `make V=1` shows the commands.
Q    := $(if $(V),,@)
say   = $(if $(V),,@printf '  %-7s %s\n' $(1) $(2))

# ---- flags -------------------------------------------------------------------------------------

LIBRARIES  := libbpf libxdp yaml-0.1 libevent libevent_openssl openssl libprotobuf-c jansson sqlite3 libmnl
PKG_CFLAGS := $(shell pkg-config --cflags $(LIBRARIES) 2>/dev/null)
PKG_LIBS   := $(shell pkg-config --libs $(LIBRARIES) 2>/dev/null)

WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	    -Wwrite-strings -Wno-unused-parameter -Wno-missing-field-initializers
OPTIMISE ?= -O2 -g
CPPFLAGS += -D_GNU_SOURCE -I. -I$(BUILD) $(PKG_CFLAGS)
CFLAGS   += -std=gnu11 $(OPTIMISE) $(WARNINGS) -fstack-protector-strong
LDLIBS   += $(PKG_LIBS)

BPF_CFLAGS := --target=bpf -mcpu=v3 -O2 -g -std=gnu11 -I. -I/usr/include/$(shell uname -m)-linux-gnu \
	      -Wall -Wextra -Werror -Wno-unused-parameter -Wno-missing-field-initializers \
	      -Wno-unused-function

# ---- what is made from what ----------------------------------------------------------------------

# The libraries that the programs share; manager/, agent/ and cli/ hold what only one of them uses.
LOADER_SOURCES     := $(wildcard loader/*.c)
CONTROLLER_SOURCES := $(wildcard controller/*.c)
PROGRAMS           := weft weftd weft-manager
weft_SOURCES         := $(wildcard controller/cli/*.c)
weftd_SOURCES        := $(wildcard controller/agent/*.c)
weft-manager_SOURCES := $(wildcard controller/manager/*.c)

# What is pure of the programs is tested with the rest of the middle (and is linked with what isn't).
PURE_SOURCES      := $(addprefix controller/agent/,assignment.c datapaths.c neighbours.c next_hops.c reassembly.c \
				 reinject.c routes.c xdp_features.c) \
		     $(addprefix controller/cli/lab_,blueprint.c emulated.c physical.c) \
		     $(addprefix controller/cli/compare_,aim.c budget.c datagram.c match.c probe.c \
				 report.c routes.c topology.c yaml.c)
UNIT_SOURCES      := $(wildcard tests/unit/*.c) $(PURE_SOURCES)
DATAPLANE_SOURCES := $(wildcard tests/dataplane/*.c)
SUPPORT_SOURCES   := $(wildcard tests/support/*.c)
BPF_TEST_SOURCES  := $(wildcard tests/dataplane/*.bpf.c tests/bench/*.bpf.c)
BPF_SOURCES       := $(wildcard bpf/*.bpf.c) $(BPF_TEST_SOURCES)
DATAPLANE_SOURCES := $(filter-out $(BPF_TEST_SOURCES),$(DATAPLANE_SOURCES))

# A fuzzer is one source on what they share.
FUZZERS           := frame_native frame_bpf topology message reassembly
FUZZ_PROGRAMS     := $(FUZZERS) golden
FUZZ_SOURCES      := $(filter-out $(FUZZ_PROGRAMS:%=tests/fuzz/%.c),$(wildcard tests/fuzz/*.c)) \
		     $(wildcard tests/support/frame*.c)
FUZZED_SOURCES    := $(addprefix controller/agent/,assignment.c reassembly.c)
FUZZ_SANITIZERS   := -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all

# Objects live apart: $(BUILD)/tests/unit is a program, tests/unit a folder.
objects = $(patsubst %.c,$(BUILD)/objects/%.o,$(1))
SKELETONS := $(patsubst %.bpf.c,$(BUILD)/gen/%.skel.h,$(notdir $(BPF_SOURCES)))
PROTO     := $(BUILD)/gen/control.pb-c

LIB_CONTROLLER := $(BUILD)/libcontroller.a
LIB_LOADER     := $(BUILD)/libloader.a
BINARIES       := $(addprefix $(BUILD)/,$(PROGRAMS))
# Programs of the tests that are not Criterion runners: one source each.
TEST_TOOLS     := $(patsubst tests/e2e/%.c,$(BUILD)/tests/%,$(wildcard tests/e2e/*.c))
BENCH_TOOLS    := $(patsubst tests/bench/%.c,$(BUILD)/bench/%,\
		    $(filter-out $(BPF_TEST_SOURCES),$(wildcard tests/bench/*.c)))

.DEFAULT_GOAL := all
.PHONY: all deps test test-kernels fidelity fuzz fuzzers bench demo lint clang format install clean help
.SECONDARY:

all: deps ## build the three programs
	@$(MAKE) --no-print-directory $(BINARIES)

deps: ## install missing Debian packages (scripts/install-deps)
	@scripts/install-deps

# ---- generated ---------------------------------------------------------------------------------

$(PROTO).c $(PROTO).h &: schemas/control.proto
	@mkdir -p $(BUILD)/gen
	$(call say,PROTO,$<)
	$(Q)protoc-c --proto_path=schemas --c_out=$(BUILD)/gen $<

$(BUILD)/objects/%.bpf.o: %.bpf.c
	@mkdir -p $(@D)
	$(call say,BPF,$<)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -c $< -o $@
	$(Q)llvm-strip -g $@

define skeleton_rule
$(BUILD)/gen/$(notdir $(1:.bpf.c=.skel.h)): $(BUILD)/objects/$(1:.c=.o)
	@mkdir -p $$(@D)
	$$(call say,SKEL,$$@)
	$(Q)bpftool gen skeleton $$< name $(subst -,_,$(notdir $(1:.bpf.c=)))_bpf > $$@.tmp
	@mv $$@.tmp $$@
endef
$(foreach source,$(BPF_SOURCES),$(eval $(call skeleton_rule,$(source))))

# ---- compiled ----------------------------------------------------------------------------------

$(BUILD)/objects/%.o: %.c | $(PROTO).h $(SKELETONS)
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

$(PROTO).o: $(PROTO).c
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c $< -o $@

$(LIB_CONTROLLER): $(call objects,$(CONTROLLER_SOURCES)) $(PROTO).o
	@rm -f $@
	$(Q)ar rcs $@ $^

$(LIB_LOADER): $(call objects,$(LOADER_SOURCES))
	@rm -f $@
	$(Q)ar rcs $@ $^

define program_rule
$(BUILD)/$(1): $(call objects,$($(1)_SOURCES)) $(LIB_CONTROLLER) $(LIB_LOADER)
	$$(call say,LINK,$$@)
	$(Q)$$(CC) $$(CFLAGS) $$(LDFLAGS) $$(filter %.o,$$^) $(LIB_CONTROLLER) $(LIB_LOADER) $$(LDLIBS) -o $$@
endef
$(foreach program,$(PROGRAMS),$(eval $(call program_rule,$(program))))

$(BUILD)/tests/unit: $(call objects,$(UNIT_SOURCES) $(SUPPORT_SOURCES)) $(LIB_CONTROLLER) $(LIB_LOADER) | $(BUILD)/weft-manager
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(filter %.o,$^) $(LIB_CONTROLLER) $(LIB_LOADER) $(LDLIBS) -lcriterion -o $@

$(BUILD)/tests/dataplane: $(call objects,$(DATAPLANE_SOURCES) $(SUPPORT_SOURCES)) $(LIB_CONTROLLER) $(LIB_LOADER)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(filter %.o,$^) $(LIB_CONTROLLER) $(LIB_LOADER) $(LDLIBS) -lcriterion -o $@

$(BUILD)/tests/%: $(BUILD)/objects/tests/e2e/%.o $(LIB_CONTROLLER) $(LIB_LOADER)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $< $(LIB_CONTROLLER) $(LIB_LOADER) $(LDLIBS) -o $@

$(BUILD)/bench/%: $(BUILD)/objects/tests/bench/%.o $(LIB_CONTROLLER)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $< $(LIB_CONTROLLER) $(LDLIBS) -o $@

# The steps of bpf/ count with void pointers and read words where they lie, which BPF allows.
$(BUILD)/objects/tests/fuzz/native.o: CFLAGS += -Wno-pointer-arith -fno-sanitize=alignment

# Fuzzers learn from what is tested, not from what tests it.
$(call objects,$(filter-out %/native.c,$(FUZZ_SOURCES) $(FUZZERS:%=tests/fuzz/%.c))): CFLAGS += $(UNTRACED)

$(FUZZERS:%=$(BUILD)/tests/fuzz/%): $(BUILD)/tests/fuzz/%: $(BUILD)/objects/tests/fuzz/%.o \
		$(call objects,$(FUZZ_SOURCES) $(FUZZED_SOURCES)) $(LIB_CONTROLLER) $(LIB_LOADER)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -fsanitize=fuzzer $(filter %.o,$^) $(LIB_CONTROLLER) $(LIB_LOADER) \
		$(LDLIBS) -o $@

$(BUILD)/tests/fuzz/golden: $(call objects,tests/fuzz/golden.c $(FUZZ_SOURCES) $(DATAPLANE_SOURCES) \
		$(SUPPORT_SOURCES)) $(LIB_CONTROLLER) $(LIB_LOADER)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(filter %.o,$(sort $^)) $(LIB_CONTROLLER) $(LIB_LOADER) $(LDLIBS) \
		-lcriterion -o $@

# ---- checked -----------------------------------------------------------------------------------

test: all ## everything: both compilers, lint, unit, dataplane and end-to-end tests (as root)
	@$(MAKE) --no-print-directory clang fuzzers
	@$(MAKE) --no-print-directory $(BUILD)/tests/unit $(BUILD)/tests/dataplane $(TEST_TOOLS)
	@scripts/test $(BUILD)

test-kernels: all ## the same on the kernels that Debian 12 has, each booted in an emulated machine
	@$(MAKE) --no-print-directory $(BUILD)/tests/dataplane $(TEST_TOOLS)
	@scripts/test-kernels $(BUILD)

fidelity: all ## weft beside its physical twin, on 200 random topologies (as root)
	@scripts/fidelity $(BUILD)

fuzz: all fuzzers ## each fuzzer for 60 seconds, or FUZZ_SECONDS (as root)
	@scripts/fuzz $(BUILD)

# With sanitizers, and what they need of the compiler.
fuzzers: deps
	@$(MAKE) --no-print-directory CC=clang BUILD=$(BUILD)/fuzz OPTIMISE="-O1 -g $(FUZZ_SANITIZERS)" \
		UNTRACED=-fno-sanitize=fuzzer-no-link \
		$(FUZZ_PROGRAMS:%=$(BUILD)/fuzz/tests/fuzz/%)

bench: all ## how fast it is, beside what one would use instead (as root; ROUNDS=5 PARTS="tcp udp ...")
	@$(MAKE) --no-print-directory $(BENCH_TOOLS)
	@BUILD=$(BUILD) scripts/bench $(if $(ROUNDS),--rounds $(ROUNDS)) $(PARTS)

demo: all ## figure 2 of the document, live and narrated (as root)
	@scripts/demo $(BUILD)

lint: deps clang ## layering, layout, shell, and both compilers
	@scripts/lint

# The other compiler has other warnings.
clang: deps
	@$(MAKE) --no-print-directory CC=clang BUILD=$(BUILD)/clang OPTIMISE="-O1" \
		$(addprefix $(BUILD)/clang/,$(PROGRAMS))

format: ## lay out all C code with clang-format
	clang-format -i $$(git ls-files '*.c' '*.h')

install: all ## install programs, schema and man pages below $(DESTDIR)$(PREFIX)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/share/weft \
		$(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/man/man5 $(DESTDIR)$(PREFIX)/share/man/man8
	install $(BUILD)/weft $(DESTDIR)$(PREFIX)/bin/
	install $(BUILD)/weftd $(BUILD)/weft-manager $(DESTDIR)$(PREFIX)/sbin/
	install -m 644 schemas/topology.schema.json examples/*.yaml $(DESTDIR)$(PREFIX)/share/weft/
	for section in 1 5 8; do for page in man/*.$$section; do [ ! -e $$page ] || \
		install -m 644 $$page $(DESTDIR)$(PREFIX)/share/man/man$$section/; done; done

clean: ## delete $(BUILD)
	rm -rf $(BUILD)

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

-include $(shell [ -d $(BUILD) ] && find $(BUILD) -name '*.d' -not -path '$(BUILD)/clang/*' -not -path '$(BUILD)/fuzz/*' 2>/dev/null)
