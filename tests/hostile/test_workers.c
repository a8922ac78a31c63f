/*
 * Bundles of the engine `pond` that attack. What can be refused is tried in one
 * worker (worker_attacks.js), and by code of its own behind the same walls
 * (hostile_calls.c). What ends its worker has one for each attempt. A
 * well-behaved task runs beside all of them, and has to go on untouched.
 */
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "bed.h"
#include "runtime/host/host_spare.h"
#include "tap.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Stands in this process's environment, where a node may have a passphrase. */
#define MARKER_NAME "POND_HOSTILE_MARKER"
#define MARKER "of-the-operator"

#define NEIGHBOUR                                                              \
    "let n = 0; require('@_koii/task-manager').initializeTaskManager({"        \
    "setup() { require('fs').writeFileSync('secret', 'of the neighbour'); },"  \
    "submission(round) { return 'well ' + round + ' ' + ++n + ' ' + "          \
    "require('fs').readFileSync('secret'); } });"

static struct bed neighbour;
static unsigned neighbour_calls;

/* It counts its calls, so it is still the same worker. */
static bool is_untouched(void)
{
    char expected[64];
    struct bed_result result =
        bed_call(&neighbour, "submission", "[7]", BED_CALL_MS);
    snprintf(expected, sizeof(expected), "\"well 7 %u of the neighbour\"",
             ++neighbour_calls);
    bool is_same = !result.status && !strcmp(result.json, expected);
    bed_result_free(&result);
    return is_same;
}

/* ---- what is refused ---- */

static char *make_variables(const char *wallet)
{
    struct buffer text = {0};
    struct json_writer writer = json_writer_make(&text);
    json_open_object(&writer);
    json_field_text(&writer, "NEIGHBOUR", neighbour.folder);
    json_field_text(&writer, "WALLET", wallet);
    json_field_text(&writer, "SERVICE", "22");
    json_field_text(&writer, "MARKER", "of-the|-operator");
    json_close_object(&writer);
    char *variables = mem_text(buffer_string(&text));
    buffer_free(&text);
    return variables;
}

/* A text of JSON as it is; what it holds are names and codes. */
static char *text_of(const char *json)
{
    struct json_object *value;
    if (json_parse(bytes_text(json), &value))
        return mem_text(json);
    char *text = mem_text(json_object_get_string(value));
    json_object_put(value);
    return text;
}

static void on_time(uv_timer_t *timer)
{
    *(bool *)timer->data = true;
}

/* A worker that was ready before, and is done with that. The folders of beds
 * are in /tmp, the neighbour's too. */
static struct host_spares *make_spare(struct bed *bed)
{
    const struct host_spares_options options = {
        .program = POND_WORKER,
        .folders = "/tmp",
        .memory_bytes = (uint64_t)BED_MEMORY_MB << 20};
    struct host_spares *spares = host_spares_new(&bed->loop, &options);
    bool is_over = false;
    uv_timer_t timer;
    host_spares_fill(spares);
    uv_timer_init(&bed->loop, &timer);
    timer.data = &is_over;
    uv_timer_start(&timer, on_time, 1000, 0);
    bed_run(bed, &is_over);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&bed->loop, UV_RUN_NOWAIT);
    return spares;
}

static void on_spares_closed(void *user)
{
    *(bool *)user = true;
}

/* with_spare: the same by a worker that was a spare. */
static void try_what_is_refused(bool with_spare)
{
    struct bed bed;
    struct host_spares *spares = NULL;
    bool was_spare = false;
    struct buffer source = {0};
    char wallet[] = "/tmp/pond-operator-XXXXXX";
    int fd = mkstemp(wallet);
    /* It is not the mode that keeps a task out. */
    bool is_whole = fd >= 0 && !fchmod(fd, 0666) && write(fd, "[1]", 3) == 3 &&
                    !file_read(ATTACKS, 1u << 20, &source);
    char *variables = make_variables(wallet);
    unsigned count = 0;
    bed_open(&bed);
    struct host_options options = bed_options(&bed, buffer_string(&source));
    options.variables = variables;
    options.limits.disk_bytes = 16u << 20;
    options.limits.file_bytes = 8u << 20;
    if (with_spare)
        options.spares = spares = make_spare(&bed);
    was_spare = spares && host_spares_is_there(spares);
    bed_start_with(&bed, &options);
    if (was_spare)
        tap_case(!host_spares_is_there(spares), "the worker was a spare");
    for (bool is_over = false; is_whole && !is_over;) {
        char round[16];
        snprintf(round, sizeof(round), "[%u]", count);
        struct bed_result result =
            bed_call(&bed, "submission", round, BED_CALL_MS);
        char *line = text_of(result.status ? result.text : result.json);
        is_over = !strcmp(line, "over");
        is_whole = !result.status;
        if (!is_over && !tap_cases_of(line))
            tap_case(false, "attempt %u: %s", count, line);
        count += !is_over;
        free(line);
        bed_result_free(&result);
    }
    struct buffer kept = {0};
    is_whole = is_whole && !file_read(wallet, 100, &kept) &&
               !strcmp(buffer_string(&kept), "[1]");
    tap_case(is_whole && count > 50, "all of them were tried: %u", count);
    tap_case(is_untouched(), "the neighbour was not touched");
    if (spares) {
        bool is_closed = false;
        host_spares_close(spares, on_spares_closed, &is_closed);
        bed_run(&bed, &is_closed);
    }
    bed_close(&bed);
    buffer_free(&kept);
    buffer_free(&source);
    free(variables);
    unlink(wallet);
    close(fd);
}

/* Code of a task that broke out of the engine. */
static void try_calls(void)
{
    char folder[] = "/tmp/pond-hostile-XXXXXX", line[256];
    unsigned count = 0;
    char *command = mem_format("%s worker %s", HOSTILE_CALLS, mkdtemp(folder));
    FILE *lines = popen(command, "r");
    while (lines && fgets(line, sizeof(line), lines)) {
        line[strcspn(line, "\n")] = 0;
        tap_case(!strstr(line, " done"), "call-%s", line);
        count++;
    }
    tap_case(lines && !pclose(lines) && count > 50, "all calls were tried: %u",
             count);
    file_remove_tree(folder);
    free(command);
}

/* ---- what ends its worker, or its call ---- */

#define TASK(body)                                                             \
    "require('@_koii/task-manager').initializeTaskManager({"                   \
    "async submission(round) {" body "}, async audit() {}, "                   \
    "async distribution() {" body "} });"

static const struct flood {
    const char *name;
    const char *source;
    const char *function;
    uint32_t limit_ms;
    /* In the call's text, or, without an error, in its value. */
    const char *text;
} floods[] = {
    {"busy-loop", TASK("for (;;);"), "submission", 200, "time limit of 200 ms"},
    {"busy-regular-expression",
     TASK("return String(/^(a+)+$/.test('a'.repeat(60) + '!'));"), "submission",
     200, "time limit of 200 ms"},
    {"busy-json",
     TASK("const t = '['.repeat(1e4) + ']'.repeat(1e4); for (;;) "
          "JSON.parse(t);"),
     "submission", 200, "time limit of 200 ms"},
    {"busy-sort",
     TASK("const a = Array.from({length: 1e5}, (_, i) => i); for (;;) "
          "a.sort(() => Math.random() - 0.5);"),
     "submission", 200, "time limit of 200 ms"},
    {"busy-webassembly",
     TASK(
         "new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array([0, "
         "97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, "
         "1, 102, 0, 0, 10, 9, 1, 7, 0, 3, 64, 12, 0, 11, 11]))).exports.f();"),
     "submission", 200, "time limit of 200 ms"},
    {"busy-microtasks", TASK("for (;;) await null;"), "submission", 200,
     "time limit of 200 ms"},
    {"busy-getter",
     TASK("return {get length() { for (;;); }, toString() { for (;;); }};"),
     "submission", 200, "null"},
    {"never", TASK("await new Promise(() => {});"), "submission", 200,
     "time limit of 200 ms"},
    {"thenable-that-never", TASK("return {then() {}};"), "submission", 200,
     "time limit of 200 ms"},
    {"thenable-for-ever", TASK("return {then(done) { done(this); }};"),
     "submission", 300, "time limit of 300 ms"},
    {"memory-of-lists",
     TASK("const all = []; for (;;) all.push(new Array(1e5).fill(round));"),
     "submission", BED_CALL_MS, "memory limit"},
    {"memory-of-buffers",
     TASK(
         "const all = []; for (;;) all.push(new Uint8Array(1 << 24).fill(1));"),
     "submission", BED_CALL_MS, "memory limit"},
    {"memory-of-texts",
     TASK("let t = 'x'.repeat(1 << 20); const all = []; for (let i = 0;; i++) "
          "all.push((t + i).toUpperCase());"),
     "submission", BED_CALL_MS, "memory limit"},
    {"memory-of-webassembly",
     TASK(
         "const m = []; for (;;) { const one = new WebAssembly.Memory("
         "{initial: 256}); new Uint8Array(one.buffer).fill(1); m.push(one); }"),
     "submission", BED_CALL_MS, "memory limit"},
    {"deep-recursion", TASK("(function f() { f(); })();"), "submission",
     BED_CALL_MS, "stack"},
    {"deep-json", TASK("JSON.parse('['.repeat(1e6));"), "submission",
     BED_CALL_MS, "memory limit"},
    {"large-text", TASK("return 'x'.repeat(513);"), "submission", BED_CALL_MS,
     "512"},
    {"huge-text", TASK("return 'x'.repeat(1 << 26);"), "submission",
     BED_CALL_MS, "limit"},
    {"not-a-text", TASK("return {a: 1};"), "submission", BED_CALL_MS, "null"},
    {"bigint", TASK("return 10n ** 1000n;"), "submission", BED_CALL_MS, "null"},
    {"symbol", TASK("return Symbol('x');"), "submission", BED_CALL_MS, "null"},
    {"half-a-character", TASK("return '\\ud800';"), "submission", BED_CALL_MS,
     "\""},
    {"cyclic-list", TASK("const a = {}; a.a = a; return a;"), "distribution",
     BED_CALL_MS, "{}"},
    {"list-with-not-a-number", TASK("return {a: NaN, b: Infinity, c: -1};"),
     "distribution", BED_CALL_MS, "{}"},
    {"list-with-bigint", TASK("return {a: 10n ** 30n};"), "distribution",
     BED_CALL_MS, "{}"},
    {"list-with-proto", TASK("return JSON.parse('{\"__proto__\": 1e300}');"),
     "distribution", BED_CALL_MS, "{}"},
    {"list-of-a-proxy",
     TASK("return new Proxy({}, {ownKeys() { for (;;); }});"), "distribution",
     300, "time limit of 300 ms"},
    {"list-flood",
     TASK("const a = {}; for (let i = 0; i < 2e6; i++) a['k' + i] = i; return "
          "a;"),
     "distribution", BED_CALL_MS, "limit"},
    {"tojson-for-ever", TASK("return {toJSON() { return {a: this}; }};"),
     "distribution", BED_CALL_MS, "{}"},
    {"throws-null", TASK("throw null;"), "submission", BED_CALL_MS, "null"},
    {"throws-a-symbol", TASK("throw Symbol('x');"), "submission", BED_CALL_MS,
     "Symbol(x)"},
    {"throws-a-trap",
     TASK("throw {get message() { for (;;); }, get stack() { for (;;); }, "
          "toString() { for (;;); }};"),
     "submission", 300, "time limit of 300 ms"},
    {"throws-a-novel", TASK("throw new Error('x'.repeat(1 << 20));"),
     "submission", BED_CALL_MS, "xxx"},
    {"broken-builtins",
     TASK("for (const of of [Array, Object, String, Promise, JSON, Map, "
          "Function]) for (const k of Reflect.ownKeys(of.prototype ?? of)) try "
          "{ (of.prototype ?? of)[k] = () => { throw new Error('broken'); }; } "
          "catch {} return 'still here';"),
     "submission", 2000, "an error that can not be shown"},
    {"log-flood",
     TASK("for (let i = 0; i < 2e5; i++) console.log('x'.repeat(1000)); return "
          "'done';"),
     "submission", BED_CALL_MS, "done"},
    {"timer-flood",
     TASK("for (let i = 0; i < 1e5; i++) setTimeout(() => {}, 0); return "
          "'done';"),
     "submission", BED_CALL_MS, "limit of 10000 timers"},
    {"late-error",
     TASK("setTimeout(() => { throw new Error('late'); }, 0); await new "
          "Promise(d => setTimeout(d, 50)); return 'done';"),
     "submission", BED_CALL_MS, "done"},
    {"ends-itself", TASK("process.exit(3);"), "submission", BED_CALL_MS,
     "exit code 3"},
    {"aborts-itself", TASK("process.abort(); return 'let';"), "submission",
     BED_CALL_MS, "exit code 6"},
    {"signals-itself", TASK("process.kill(process.pid, 'SIGKILL');"),
     "submission", BED_CALL_MS, "not available in this engine"},
};

static void try_flood(const struct flood *flood)
{
    struct bed bed;
    const char *arguments =
        strcmp(flood->function, "distribution") ? "[1]" : "[[], 1000, 1]";
    bed_start(&bed, flood->source);
    bed_run(&bed, &bed.ready);
    uint64_t began_ms = clock_monotonic_ms();
    struct bed_result result =
        bed_call(&bed, flood->function, arguments, flood->limit_ms);
    const char *said = result.status ? result.text : result.json;
    bool is_well = said && strstr(said, flood->text) && *said;
    tap_case(is_well, "%s: %s: %.120s (%llu ms)", flood->name,
             result.status ? err_name(result.status) : "no error", said,
             (unsigned long long)(clock_monotonic_ms() - began_ms));
    if (!is_untouched())
        tap_case(false, "%s: the neighbour was touched", flood->name);
    bed_result_free(&result);
    bed_close(&bed);
}

int main(void)
{
    setenv(MARKER_NAME, MARKER, 1);
    bed_start(&neighbour, NEIGHBOUR);
    bed_keep(&neighbour);
    struct bed_result result = bed_call(&neighbour, "setup", "[]", BED_CALL_MS);
    bed_result_free(&result);
    try_what_is_refused(false);
    try_what_is_refused(true);
    try_calls();
    for (size_t i = 0; i < sizeof(floods) / sizeof(*floods); i++)
        try_flood(&floods[i]);
    tap_case(is_untouched(), "the neighbour works on at the end");
    bed_close(&neighbour);
    return tap_end();
}
