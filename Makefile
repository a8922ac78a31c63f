# The front door. Meson does the work (meson.build); this file installs what is
# missing, sets the build folders up and gives each of them a short name.
#
#   make          build                      make check   build, run every test
#                                            (CHECK_OPTIONS='--only base/*')
#   make demo     a private network at work  make bench   measure (ONLY=part)
#   make fuzz     each harness for a minute  make lint    warnings, form, rooms, tidy, types
#   make sim      simulate the consensus     make model   search its model, the
#                 (SECONDS=600, SEED=1)                  large instances, too
#   make fmt      format the sources         make install (PREFIX=, DESTDIR=)
#   make clean    remove the build folders

PREFIX ?= /usr/local
FUZZ_SECONDS ?= 60
SECONDS ?= 600
SEED ?= 1
ONLY ?=
CHECK_OPTIONS ?=

BUILD := build/release

# Debian's names. What each library is for: docs/dependencies.md.
BUILD_PACKAGES := meson ninja-build pkg-config python3 gcc libc6-dev \
	libuv1-dev libmicrohttpd-dev libwslay-dev libcurl4-openssl-dev \
	libsodium-dev libssl-dev liblmdb-dev libsqlite3-dev libjson-c-dev libqrencode-dev \
	libyaml-dev libzstd-dev libxxhash-dev zlib1g-dev libbrotli-dev \
	libjavascriptcoregtk-4.1-dev libicu-dev libseccomp-dev libcmocka-dev \
	esbuild zopfli scdoc
FUZZ_PACKAGES := clang-19 libclang-rt-19-dev libfuzzer-19-dev
LINT_PACKAGES := clang clang-tidy clang-format node-typescript
# Shells whose completion is tried; what makes WebAssembly of C; what searches
# the model of the consensus; what shows the page.
TEST_PACKAGES := zsh fish clang-19 lld-19 spin chromium

# The worker's library and the page take packages from npm
# (src/runtime/js/packages, web/package.json), and some tests drive the programs with Node.js; those from elsewhere will do.
NODE_PACKAGES := $(if $(shell command -v node),,nodejs) \
	$(if $(shell command -v npm),,npm)

.PHONY: all packages build demo check bench fuzz sim model lint fmt install clean
all: build

packages:
	@.ci/install "to build" $(BUILD_PACKAGES) $(NODE_PACKAGES)

$(BUILD)/build.ninja: | packages
	@meson setup $(BUILD) --buildtype=debugoptimized --prefix=$(PREFIX)

# Ninja itself finds out what is to be done, so a second run does nothing.
build: packages $(BUILD)/build.ninja
	@ninja -C $(BUILD)

demo: build
	@tasks/archive/demo/run.py --build $(BUILD)

check: packages
	@.ci/install "for the tests" $(TEST_PACKAGES)
	@tests/check.py $(CHECK_OPTIONS)

bench: build
	@bench/run.py --build $(BUILD) $(if $(ONLY),--only $(ONLY))

build/fuzz/build.ninja: | packages
	@CC=clang-19 meson setup build/fuzz --buildtype=debugoptimized \
		-Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false \
		-Dc_args=-fsanitize=fuzzer-no-link

fuzz: packages
	@.ci/install "to fuzz" $(FUZZ_PACKAGES)
	@$(MAKE) --no-print-directory build/fuzz/build.ninja
	@ninja -C build/fuzz fuzzers
	@fuzz/run.py --build build/fuzz --seconds $(FUZZ_SECONDS)

sim: build
	@$(BUILD)/tests/sim/test_consensus --first $(SEED) \
		--seconds $$(($(SECONDS) / 2))
	@$(BUILD)/tests/sim/test_cluster --first $(SEED) \
		--seconds $$(($(SECONDS) - $(SECONDS) / 2))

model: packages
	@.ci/install "for the model" spin
	@tests/model/check.py --large

build/clang/build.ninja: | packages
	@CC=clang meson setup build/clang --buildtype=debugoptimized

C_FILES = $(shell git ls-files '*.c' '*.h')

lint: packages
	@.ci/install "to lint" $(LINT_PACKAGES)
	@$(MAKE) --no-print-directory build/clang/build.ninja
	@ninja -C build/clang
	@clang-format --dry-run -Werror $(C_FILES)
	@.ci/rooms build/clang
	@.ci/tidy build/clang
	@web/check_types.py

fmt:
	@.ci/install "to format" clang-format
	@clang-format -i $(C_FILES)

install: build
	@meson install -C $(BUILD) --no-rebuild

clean:
	@rm -rf build
