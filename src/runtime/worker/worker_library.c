/*
 * The library's parts and main.js are scripts whose value is a function. Errors
 * and stacks name "pond:part" or "main.js", so that bootstrap.js can find the
 * lines that belong to the task.
 */
#include "runtime/worker/worker_library.h"
#include "base/buffer.h"
#include "runtime/worker/worker_bind.h"
#include "runtime/worker/worker_text.h"

/* Run a script at once. The engine compiles lazily: the body of a function
 * costs a syntax check now, and code at its first call. */
static JSValueRef evaluate(JSContextRef context, JSStringRef source,
                           const char *name, JSValueRef *exception)
{
    JSStringRef url = JSStringCreateWithUTF8CString(name);
    JSValueRef value =
        JSEvaluateScript(context, source, NULL, url, 1, exception);
    JSStringRelease(url);
    return value;
}

/* The list is short and a worker looks up each part once, so a search will
 * do. */
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

/* The comment is the last line, because bundlers put it there. A map in it can
 * be larger than the rest. */
struct bytes worker_library_split(struct bytes source, struct bytes *map_url)
{
    static const char comment[] = "//# sourceMappingURL=";
    struct bytes text = source;
    *map_url = bytes_make(NULL, 0);
    while (text.size && strchr(" \t\r\n", text.data[text.size - 1]))
        text.size--;
    const uint8_t *end = text.size ? memrchr(text.data, '\n', text.size) : NULL;
    size_t rest = end ? (size_t)(end + 1 - text.data) : 0;
    struct bytes line = bytes_make(text.data + rest, text.size - rest);
    if (!bytes_begin_with(line, bytes_text(comment)))
        return source;
    *map_url =
        bytes_make(line.data + strlen(comment), line.size - strlen(comment));
    return bytes_make(source.data, rest);
}

/* The file becomes the body of a function, as CommonJS does. esbuild makes
 * bundles of that form. ES modules are not supported. */
JSValueRef worker_library_wrap(JSContextRef context, struct bytes source,
                               JSValueRef *exception)
{
    struct buffer text = {0};
    struct bytes map_url;
    source = worker_library_split(source, &map_url);
    /* The head is in the source's first line, so that line numbers do not
     * change. A line break follows the source, because the source may end in a
     * comment. A first line for the shell (#!) becomes a comment. */
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
