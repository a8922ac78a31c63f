/*
 * The engine for a task, by what its own sources import, and by whether they
 * are a program of Koii's node rather than functions for a task manager.
 * Packages import much that they never use: of the public tasks a third load
 * child_process, and four call it.
 */
#include "author/bundle.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Modules of Node that need sockets, processes or threads. */
static const char *const modules[] = {
    "child_process", "cluster", "dgram", "dns",
    "dns/promises",  "net",     "tls",   "worker_threads",
};

/* Packages that are nothing without those. A star stands for any ending. */
static const char *const packages[] = {
    "mongodb",    "mongoose", "mysql*",  "pg",         "playwright*",
    "puppeteer*", "redis",    "ioredis", "simple-git",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool matches(const char *pattern, const char *name, size_t size)
{
    size_t length = strlen(pattern);
    if (pattern[length - 1] == '*')
        return size >= length - 1 && !strncmp(pattern, name, length - 1);
    return size == length && !memcmp(pattern, name, size);
}

/* The end of "a" or "@scope/a" at the front of a path below node_modules. */
static size_t package_name_size(const char *path)
{
    const char *end = strchr(path, '/');
    if (*path == '@' && end)
        end = strchr(end + 1, '/');
    return end ? (size_t)(end - path) : strlen(path);
}

/* What an import is of, without the prefix and the folders. */
static const char *imported_name(const char *path)
{
    static const char folder[] = "node_modules/";
    const char *next;
    while ((next = strstr(path, folder)))
        path = next + strlen(folder);
    return strncmp(path, "node:", 5) ? path : path + 5;
}

/* Does an import of path need the engine node? */
static bool needs_node(const char *path)
{
    const char *name = imported_name(path);
    for (size_t i = 0; i < COUNT(modules); i++)
        if (!strcmp(name, modules[i]))
            return true;
    for (size_t i = 0; i < COUNT(packages); i++)
        if (matches(packages[i], name, package_name_size(name)))
            return true;
    return false;
}

/* A source file is no larger; of a larger one only the imports count. */
#define SOURCE_SIZE_MAX (4u << 20)

/* Is the line a comment, as far as its beginning tells? */
static bool is_comment(const char *line)
{
    line += strspn(line, " \t");
    return !strncmp(line, "//", 2) || *line == '*' || !strncmp(line, "/*", 2);
}

/* Does a text listen for the messages of Koii's node, process.on('message')?
 * Tasks that were made before there was a task manager do so, each with a loop
 * of its own over the rounds. In the engine pond nothing would ever come. */
static bool has_own_loop(const char *text)
{
    static const char call[] = "process.on(";
    const char *line = text;
    for (const char *at = text; (at = strstr(at, call));) {
        for (const char *end; (end = memchr(line, '\n', (size_t)(at - line)));)
            line = end + 1;
        at += strlen(call);
        const char *name = at + strspn(at, " \t\r\n");
        if (*name && strchr("'\"`", *name) &&
            !strncmp(name + 1, "message", 7) && name[8] == *name &&
            !is_comment(line))
            return true;
    }
    return false;
}

/* What can't be read has no loop: esbuild has made something of it. */
static void look_at_source(const char *folder, const char *file,
                           struct bundle_engine *out)
{
    struct buffer source = {0};
    char *path = mem_format("%s/%s", folder, file);
    if (file_read(path, SOURCE_SIZE_MAX, &source))
        err_clear();
    else if (has_own_loop(buffer_string(&source))) {
        out->name = "node";
        snprintf(out->reason, sizeof(out->reason),
                 "process.on('message') in %s", file);
    }
    buffer_free(&source);
    free(path);
}

/* The first import of the file that needs Node decides. */
static int look_at_file(const char *file, struct json_object *input,
                        struct bundle_engine *out)
{
    struct json_object *imports;
    int status = json_get_array(input, "imports", &imports);
    size_t count = status ? 0 : json_object_array_length(imports);

    for (size_t i = 0; i < count; i++) {
        const char *path;
        struct json_object *each = json_object_array_get_idx(imports, i);
        if ((status = json_get_text(each, "path", &path)))
            return status;
        if (!needs_node(path))
            continue;
        const char *name = imported_name(path);
        bool is_package = strstr(path, "node_modules/");
        size_t size = is_package ? package_name_size(name) : strlen(name);
        out->name = "node";
        snprintf(out->reason, sizeof(out->reason), "%.*s in %s", (int)size,
                 name, file);
        return 0;
    }
    return status;
}

int bundle_choose_engine(struct bytes metafile, const char *folder,
                         struct bundle_engine *out)
{
    struct json_object *json, *inputs;
    int status = json_parse(metafile, &json);

    *out = (struct bundle_engine){.name = "pond"};
    if (status)
        return status;
    status = json_get_object(json, "inputs", &inputs);
    if (status)
        goto err;
    json_object_object_foreach(inputs, file, input)
    {
        if (strstr(file, "node_modules/"))
            continue;
        status = look_at_file(file, input, out);
        if (!status && !*out->reason && folder)
            look_at_source(folder, file, out);
        if (status || *out->reason)
            break;
    }
err:
    json_object_put(json);
    return status;
}
