/*
 * The library's parts and main.js become values in the same way: as scripts
 * whose value is a function. Errors and stacks then name "pond:part" or
 * "main.js", by which bootstrap.js tells the task's own lines from the rest.
 */
#include "runtime/worker/worker_library.h"
#include "base/buffer.h"
#include "runtime/worker/worker_bind.h"
#include "runtime/worker/worker_text.h"

/* Runs at once. Compiling is lazy in the engine: a function's body costs a
 * syntax check now and code when it is first called. */
static JSValueRef evaluate(JSContextRef context, JSStringRef source,
                           const char *name, JSValueRef *exception)
{
    JSStringRef url = JSStringCreateWithUTF8CString(name);
    JSValueRef value =
        JSEvaluateScript(context, source, NULL, url, 1, exception);
    JSStringRelease(url);
    return value;
}

/* The list is short and each part is looked up once a worker: no table. */
JSValueRef worker_library_evaluate(JSContextRef context, const char *name,
                                   JSValueRef *exception)
{
    const struct worker_library_source *part = worker_library_sources;
    while (part->name && strcmp(part->name, name) != 0)
        part++;
    if (!part->name) {
        worker_bind_throw(context, exception, "not found",
                          "the library has no part %s", name);
        return NULL;
    }
    JSStringRef source = JSStringCreateWithUTF8CString(part->text);
    struct buffer url = {0};
    buffer_format(&url, "pond:%s", name);
    JSValueRef value =
        evaluate(context, source, buffer_string(&url), exception);
    buffer_free(&url);
    JSStringRelease(source);
    return value;
}

/* CommonJS by its oldest recipe: the file is the body of a function. Bundles
 * are made by esbuild in that form; ES modules are not taken. */
JSValueRef worker_library_wrap(JSContextRef context, struct bytes source,
                               JSValueRef *exception)
{
    struct buffer text = {0};
    /* On the source's own first line, so that line numbers are its own; a
     * line break behind it, for it may end in a comment. A first line for the
     * shell (#!) becomes one too. */
    buffer_text(&text, "(function (exports, require, module, __filename, "
                       "__dirname) {");
    if (bytes_begin_with(source, bytes_text("#!")))
        buffer_text(&text, "//");
    buffer_bytes(&text, source);
    buffer_text(&text, "\n})");
    JSStringRef string = worker_text_string(buffer_view(&text));
    buffer_free(&text);
    JSValueRef value = evaluate(context, string, "main.js", exception);
    JSStringRelease(string);
    return value;
}
