/*
 * What process, vm and v8 ask of the engine and of the system: memory, CPU
 * time, and scripts besides main.js.
 */
#include "base/check.h"
#include "runtime/wire/resident.h"
#include "runtime/worker/worker_bind.h"
#include <sys/resource.h>

/* Exported by the library, in no public header (WebKit's JSBasePrivate.h). */
extern JSObjectRef JSGetMemoryUsageStatistics(JSContextRef context);

static double time_us(struct timeval time)
{
    return (double)time.tv_sec * 1e6 + (double)time.tv_usec;
}

/* resident(): the process's memory in bytes. */
WORKER_BIND(resident)
{
    int statm_fd = worker_bind_engine(self)->statm_fd;
    return JSValueMakeNumber(context, (double)resident_read(statm_fd));
}

/* heap(): the engine's own figures about its heap, an object of numbers. */
WORKER_BIND(heap)
{
    return JSGetMemoryUsageStatistics(context);
}

/* usage(): the fields of getrusage(2) that Linux fills, in the order of Node's
 * process.resourceUsage(). Times are in microseconds. */
WORKER_BIND(usage)
{
    struct rusage usage = {0};
    CHECK(!getrusage(RUSAGE_SELF, &usage));
    const double numbers[] = {
        time_us(usage.ru_utime),  time_us(usage.ru_stime),
        (double)usage.ru_maxrss,  (double)usage.ru_minflt,
        (double)usage.ru_majflt,  (double)usage.ru_inblock,
        (double)usage.ru_oublock, (double)usage.ru_nvcsw,
        (double)usage.ru_nivcsw,
    };
    JSValueRef values[sizeof(numbers) / sizeof(numbers[0])];
    size_t value_count = sizeof(numbers) / sizeof(numbers[0]);
    for (size_t i = 0; i < value_count; i++)
        values[i] = JSValueMakeNumber(context, numbers[i]);
    return JSObjectMakeArray(context, value_count, values, exception);
}

/* The argument as the engine's text; release it. NULL with *exception set. */
static JSStringRef text_at(JSContextRef context, const JSValueRef *arguments,
                           size_t index, JSValueRef *exception)
{
    return JSValueToStringCopy(context, arguments[index], exception);
}

/* script(text, name, line, runs): check the syntax of a script and, if runs is
 * true, run it in the global scope. Its value, or undefined. */
WORKER_BIND(script)
{
    CHECK(count == 4);
    JSValueRef value = NULL;
    int line = (int)worker_bind_number(context, count, arguments, 2);
    JSStringRef text = text_at(context, arguments, 0, exception);
    JSStringRef name = text ? text_at(context, arguments, 1, exception) : NULL;
    if (name && JSValueToBoolean(context, arguments[3]))
        value = JSEvaluateScript(context, text, NULL, name, line, exception);
    else if (name)
        JSCheckScriptSyntax(context, text, name, line, exception);
    if (name)
        JSStringRelease(name);
    if (text)
        JSStringRelease(text);
    return value ? value : JSValueMakeUndefined(context);
}

/* Exported by the library, in no public header (JSObjectRefPrivate.h). */
extern JSObjectRef JSObjectGetProxyTarget(JSObjectRef object);

/* proxy_target(value): what a proxy stands for; undefined for other objects,
 * and for a proxy that was revoked. */
WORKER_BIND(proxy_target)
{
    CHECK(count == 1);
    JSObjectRef object = JSValueToObject(context, arguments[0], exception);
    JSObjectRef target = object ? JSObjectGetProxyTarget(object) : NULL;
    return target ? target : JSValueMakeUndefined(context);
}

const JSStaticFunction worker_bind_process[] = {
    {"resident", resident, kJSPropertyAttributeReadOnly},
    {"heap", heap, kJSPropertyAttributeReadOnly},
    {"usage", usage, kJSPropertyAttributeReadOnly},
    {"proxy_target", proxy_target, kJSPropertyAttributeReadOnly},
    {"script", script, kJSPropertyAttributeReadOnly},
    {0},
};
