/*
 * The engine has one turn at a time. A message, a timer or the start calls into
 * JavaScript once. When that call returns, the engine runs all promise jobs
 * before it gives the thread back (JSLock does so; the C API has no other way).
 * Three clocks watch a turn: the execution time limit here finds endless
 * scripts, the main thread watches memory, and the node sees the rest.
 *
 * JavaScriptCore is used and not a smaller engine, because tasks are bundles
 * written for Node, with regular expressions, BigInt, WebAssembly and the speed
 * of compiled code, and because Debian keeps it patched. It costs some 40 MB a
 * task and a long list of system calls (sandbox_filter.c).
 *
 * Nothing is torn down. The process ends by _exit() while the engine runs,
 * because destructors would run beside the engine's other threads.
 */
#include "runtime/worker/worker_engine.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/source_map.h"
#include "runtime/worker/worker_bind.h"
#include "runtime/worker/worker_glib.h"
#include "runtime/worker/worker_library.h"
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

/* Exported by the library, in no public header (WebKit's
 * JSContextRefPrivate.h, JSScriptRefPrivate.h). */
typedef bool (*JSShouldTerminateCallback)(JSContextRef context, void *user);
extern void JSContextGroupSetExecutionTimeLimit(JSContextGroupRef group,
                                                double limit_s,
                                                JSShouldTerminateCallback over,
                                                void *user);
extern void JSGlobalContextSetUnhandledRejectionCallback(
    JSGlobalContextRef context, JSObjectRef function, JSValueRef *exception);

/* How often a script that does not return is checked, in seconds of CPU time:
 * often enough to meet a limit closely, seldom enough not to cost. */
#define LOOK_INTERVAL_S 0.02

/* How many frames of a script that was stopped are reported. The innermost
 * matter. */
#define BACKTRACE_FRAMES 20

/* The most functions in all tables of worker_bind.h. */
#define NATIVE_FUNCTIONS_MAX 256

/* What making the library may take: as long as a task may load by default. */
#define MAKE_MS 10000
/* And say, where it fails: a mistake of the library. */
#define MAKE_LOG_LINES 100
#define MAKE_LOG_BYTES (64u << 10)

/* How long a worker that ends waits for the node to take its last messages. The
 * node waits longer (STOP_MS of the host). */
#define LAST_WORDS_MS 1000

/* This is the only way out, so that all queued messages are sent. */
void worker_engine_exit(struct worker_engine *engine, int code)
{
    CHECK_MAGIC(engine, WORKER_ENGINE_MAGIC);
    worker_channel_flush(engine->channel, LAST_WORDS_MS);
    /* No destructors: other threads of the engine still run. */
    _exit(code);
}

/* A node that does not read loses log lines. That is no error, because logging
 * the error would lead here again. */
static void send_log(struct worker_engine *engine, const char *level,
                     struct bytes text)
{
    struct buffer head = {0};
    struct json_writer writer = json_writer_make(&head);
    json_open_object(&writer);
    json_field_text(&writer, "type", "log");
    json_field_text(&writer, "level", level);
    json_name(&writer, "text");
    json_write_bytes(&writer, text);
    json_close_object(&writer);
    worker_channel_send(engine->channel, buffer_view(&head),
                        bytes_make(NULL, 0));
    buffer_free(&head);
}

/* The node limits the log as well. The limit here keeps the log lines of a
 * chatty task from crowding out its requests. */
void worker_engine_log(struct worker_engine *engine, const char *level,
                       struct bytes text)
{
    uint64_t now_ms = clock_monotonic_ms();
    /* A huge line is cut, so that its beginning can be read. */
    if (text.size > engine->log_bytes.burst)
        text.size = engine->log_bytes.burst;
    if (!rate_take(&engine->log_lines, now_ms, 1) ||
        !rate_take(&engine->log_bytes, now_ms, text.size)) {
        engine->log_lines_dropped++;
        return;
    }
    if (engine->log_lines_dropped) {
        struct buffer note = {0};
        buffer_format(&note, "%llu lines above the log rate were dropped",
                      (unsigned long long)engine->log_lines_dropped);
        engine->log_lines_dropped = 0;
        send_log(engine, "warn", buffer_view(&note));
        buffer_free(&note);
    }
    send_log(engine, level, text);
}

/* Log an exception that reached C, with its stack if it has one. */
static void log_exception(struct worker_engine *engine, JSValueRef exception)
{
    size_t size;
    JSValueRef second = NULL;
    char *text =
        worker_bind_copy_text(engine->context, exception, &size, &second);
    if (text)
        worker_engine_log(engine, "error", bytes_make(text, size));
    free(text);
    if (!JSValueIsObject(engine->context, exception))
        return;
    JSStringRef name = JSStringCreateWithUTF8CString("stack");
    JSObjectRef object = JSValueToObject(engine->context, exception, NULL);
    JSValueRef stack =
        JSObjectGetProperty(engine->context, object, name, &second);
    JSStringRelease(name);
    text = stack ? worker_bind_copy_text(engine->context, stack, &size, &second)
                 : NULL;
    if (text)
        worker_engine_log(engine, "error", bytes_make(text, size));
    free(text);
}

/* The library catches what task code throws. An exception that arrives here is
 * logged, because nothing else can handle it. */
static void call_function(struct worker_engine *engine, JSObjectRef function,
                          size_t count, const JSValueRef *arguments)
{
    JSValueRef exception = NULL;
    JSObjectCallAsFunction(engine->context, function, NULL, count, arguments,
                           &exception);
    if (exception)
        log_exception(engine, exception);
}

/* The promise jobs have run when a call returns. What they left for
 * process.nextTick() comes after them, and so on until nothing is left. */
void worker_engine_call(struct worker_engine *engine, JSObjectRef function,
                        size_t count, const JSValueRef *arguments)
{
    CHECK_MAGIC(engine, WORKER_ENGINE_MAGIC);
    engine->turn_began_ms = clock_monotonic_ms();
    call_function(engine, function, count, arguments);
    while (engine->tick_wanted) {
        engine->tick_wanted = false;
        call_function(engine, engine->tick, 0, NULL);
    }
}

/* The head stays text, because the engine's JSON parser is the fastest way to
 * JavaScript values and C needs none of the fields. */
static void received(void *user, const struct message *message)
{
    struct worker_engine *engine = user;
    JSValueRef arguments[2], exception = NULL;
    /* The node is gone or sent nonsense, so the worker ends. */
    if (!message)
        worker_engine_exit(engine, WORKER_EXIT_NODE);
    arguments[0] = worker_bind_make_text_of(engine->context, message->head);
    arguments[1] =
        worker_bind_make_bytes(engine->context, message->payload, &exception);
    if (exception)
        log_exception(engine, exception);
    else
        worker_engine_call(engine, engine->receive, 2, arguments);
}

/* A line "name@main.js:1:2" of the engine's stacks as the library writes it:
 * with the author's file and line, where the bundle brings a map. */
static void write_frame(const struct source_map *map, char *line,
                        struct buffer *out)
{
    /* worker_library_wrap() gave the task's source this name. */
    static const char mark[] = "@main.js:";
    char *place = strstr(line, mark), *after;
    const char *source = "main.js";
    if (!place)
        return;
    *place = 0;
    uint64_t row = strtoull(place + strlen(mark), &after, 10);
    uint64_t column = *after == ':' ? strtoull(after + 1, NULL, 10) : 1;
    if (map)
        (void)source_map_find(map, &row, &column, &source);
    buffer_text(out, out->size ? "\n    at " : "    at ");
    buffer_format(out,
                  *line ? "%s (%s:%" PRIu64 ":%" PRIu64 ")"
                        : "%s%s:%" PRIu64 ":%" PRIu64,
                  line, source, row, column);
}

/* The engine's text of where the script is: an error takes it when it is made,
 * and no script runs for that. The caller frees it; NULL: there is none. */
static char *present_stack(JSContextRef context)
{
    JSValueRef exception = NULL;
    size_t size;
    JSObjectRef error = JSObjectMakeError(context, 0, NULL, &exception);
    if (!error || exception)
        return NULL;
    JSStringRef name = JSStringCreateWithUTF8CString("stack");
    JSValueRef stack = JSObjectGetProperty(context, error, name, &exception);
    JSStringRelease(name);
    return stack && !exception
               ? worker_bind_copy_text(context, stack, &size, &exception)
               : NULL;
}

/* Append the frames that belong to the task. The library, which reads maps too,
 * can't run here. */
static void own_frames(const struct worker_engine *engine, JSContextRef context,
                       struct buffer *out)
{
    char *text = present_stack(context), *rest = text, *line;
    struct source_map *map = NULL;
    struct bytes url;
    size_t count = 0;
    if (!text)
        return;
    worker_library_split(engine->source, &url);
    if (source_map_open(url, &map))
        map = NULL;
    while ((line = strsep(&rest, "\n")) && count++ < BACKTRACE_FRAMES)
        write_frame(map, line, out);
    source_map_close(map);
    free(text);
}

/* Send the result of a call that ran out of time, with the stack. */
static void send_time_over(struct worker_engine *engine, JSContextRef context,
                           uint64_t call_id)
{
    struct buffer head = {0}, stack = {0};
    struct json_writer writer = json_writer_make(&head);
    own_frames(engine, context, &stack);
    json_open_object(&writer);
    json_field_text(&writer, "type", "result");
    json_field_u64(&writer, "id", call_id);
    json_field_bool(&writer, "ok", false);
    json_name(&writer, "error");
    json_open_object(&writer);
    json_field_text(&writer, "limit", "time");
    json_field_text(&writer, "stack", buffer_string(&stack));
    json_close_object(&writer);
    json_close_object(&writer);
    worker_channel_send(engine->channel, buffer_view(&head),
                        bytes_make(NULL, 0));
    buffer_free(&stack);
    buffer_free(&head);
}

/* Loading, timers and messages have no result: the exit code says what
 * happened, and the log where. */
static void log_time_over(struct worker_engine *engine, JSContextRef context)
{
    struct buffer text = {0}, frames = {0};
    own_frames(engine, context, &frames);
    buffer_format(&text, "the time limit passed here:\n%s",
                  buffer_string(&frames));
    if (frames.size)
        worker_engine_log(engine, "error", buffer_view(&text));
    buffer_free(&frames);
    buffer_free(&text);
}

/* The engine calls this on its thread, inside a script, after an interval of
 * CPU time. A limit that has passed is watched again only if it is set anew. */
static bool look_at_time(JSContextRef context, void *user)
{
    struct worker_engine *engine = user;
    uint64_t now_ms = clock_monotonic_ms();
    for (size_t i = 0; i < engine->call_count; i++) {
        const struct worker_engine_call *call = &engine->calls[i];
        if (now_ms - call->began_ms >= call->limit_ms) {
            if (call->id)
                send_time_over(engine, context, call->id);
            else
                log_time_over(engine, context);
            worker_engine_exit(engine, WORKER_EXIT_TIME);
        }
    }
    /* Timers and messages outside calls have the limit of loading. */
    if (!engine->call_count &&
        now_ms - engine->turn_began_ms >= engine->turn_limit_ms) {
        log_time_over(engine, context);
        worker_engine_exit(engine, WORKER_EXIT_TIME);
    }
    JSContextGroupSetExecutionTimeLimit(JSContextGetGroup(context),
                                        LOOK_INTERVAL_S, look_at_time, engine);
    return false;
}

/* Make native, an object with the functions of all tables. */
static JSObjectRef make_native(struct worker_engine *engine,
                               const JSStaticFunction *const *tables)
{
    JSStaticFunction all[NATIVE_FUNCTIONS_MAX] = {0};
    JSClassDefinition definition = kJSClassDefinitionEmpty;
    size_t count = 0;
    for (size_t i = 0; tables[i]; i++)
        for (const JSStaticFunction *each = tables[i]; each->name; each++) {
            CHECK(count + 1 < NATIVE_FUNCTIONS_MAX);
            all[count++] = *each;
        }
    definition.className = "native";
    /* JSClassCreate() copies the table. */
    definition.staticFunctions = all;
    JSClassRef class = JSClassCreate(&definition);
    JSObjectRef native = JSObjectMake(engine->context, class, engine);
    JSClassRelease(class);
    return native;
}

/* The function is protected for as long as the process lives. */
static JSObjectRef property_function(struct worker_engine *engine,
                                     JSObjectRef object, const char *name)
{
    JSStringRef key = JSStringCreateWithUTF8CString(name);
    JSValueRef value = JSObjectGetProperty(engine->context, object, key, NULL);
    JSStringRelease(key);
    /* bootstrap.js is part of this build. */
    CHECK(value && JSValueIsObject(engine->context, value));
    JSObjectRef function = JSValueToObject(engine->context, value, NULL);
    CHECK(JSObjectIsFunction(engine->context, function));
    JSValueProtect(engine->context, function);
    return function;
}

/* Runs js/bootstrap.js: (native, is spare) -> functions for C. A failure here
 * is a mistake of the library. */
static JSObjectRef boot(struct worker_engine *engine,
                        const struct worker_engine_options *options)
{
    JSValueRef exception = NULL;
    JSValueRef value =
        worker_library_evaluate(engine->context, "bootstrap", &exception);
    if (!exception) {
        JSObjectRef function = JSValueToObject(engine->context, value, NULL);
        JSValueRef arguments[2] = {
            make_native(engine, options->tables),
            JSValueMakeBoolean(engine->context, options->is_spare),
        };
        value = JSObjectCallAsFunction(engine->context, function, NULL, 2,
                                       arguments, &exception);
    }
    if (exception) {
        log_exception(engine, exception);
        worker_engine_exit(engine, WORKER_EXIT_NODE);
    }
    return JSValueToObject(engine->context, value, NULL);
}

/* WTF::initializeMainThread(). The collector's timer asks WebKit's handler of
 * memory pressure, which needs a main loop and reads through a null pointer
 * without one. This was seen with WebKitGTK 2.50, whose C interface has no
 * function that makes one. The symbol is weak, because a library may lack it:
 * its name is not part of that interface. */
extern void
initialize_main_thread(void) __asm__("_ZN3WTF20initializeMainThreadEv")
    __attribute__((weak));

/* Only the engine knows of unhandled rejections. It reports them to the library
 * at the end of the turn. */
static void start_context(struct worker_engine *engine,
                          const struct worker_engine_options *options)
{
    if (initialize_main_thread)
        initialize_main_thread();
    JSContextGroupRef group = JSContextGroupCreate();
    engine->context = JSGlobalContextCreateInGroup(group, NULL);
    JSContextGroupSetExecutionTimeLimit(group, LOOK_INTERVAL_S, look_at_time,
                                        engine);
    JSContextGroupRelease(group);
    engine->turn_began_ms = clock_monotonic_ms();
    JSObjectRef functions = boot(engine, options);
    engine->receive = property_function(engine, functions, "receive");
    engine->expire = property_function(engine, functions, "expire");
    engine->tick = property_function(engine, functions, "tick");
    JSValueRef exception = NULL;
    JSGlobalContextSetUnhandledRejectionCallback(
        engine->context, property_function(engine, functions, "reject"),
        &exception);
    CHECK(!exception);
    engine->begin = property_function(engine, functions, "begin");
}

struct worker_engine *
worker_engine_make(const struct worker_engine_options *options)
{
    /* Lives as long as the process. */
    static struct worker_engine engine;
    static struct worker_glib glib;
    CHECK(!engine.magic);
    engine = (struct worker_engine){
        .magic = WORKER_ENGINE_MAGIC,
        .channel = options->channel,
        .folder_fd = -1,
        .statm_fd = options->statm_fd,
        .turn_limit_ms = MAKE_MS,
        .log_lines = rate_make(MAKE_LOG_LINES, MAKE_LOG_LINES, 0),
        .log_bytes = rate_make(MAKE_LOG_BYTES, MAKE_LOG_BYTES, 0),
    };
    CHECK(!uv_loop_init(&engine.loop));
    worker_glib_init(&glib);
    start_context(&engine, options);
    /* This comes after the context, which adds its sources to GLib's. */
    worker_glib_attach(&glib, &engine.loop);
    return &engine;
}

/* This loads before it listens. A call that arrives meanwhile waits in the
 * socket, so that main.js can register its functions first. */
void worker_engine_run(struct worker_engine *engine,
                       const struct worker_engine_task *task)
{
    uint64_t now_ms = clock_monotonic_ms();
    CHECK_MAGIC(engine, WORKER_ENGINE_MAGIC);
    engine->source = task->source;
    engine->folder_fd = task->folder_fd;
    engine->turn_limit_ms = task->load_ms;
    engine->log_lines =
        rate_make(task->log_lines_per_s, 10 * task->log_lines_per_s, now_ms);
    engine->log_bytes =
        rate_make(task->log_bytes_per_s, 10 * task->log_bytes_per_s, now_ms);
    JSValueRef start = worker_bind_make_text(engine->context, task->start);
    worker_engine_call(engine, engine->begin, 1, &start);
    worker_channel_listen(engine->channel, &engine->loop, received, engine);
    uv_run(&engine->loop, UV_RUN_DEFAULT);
    worker_engine_exit(engine, WORKER_EXIT_NODE);
}
