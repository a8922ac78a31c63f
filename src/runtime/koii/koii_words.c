/*
 * What the node itself sets comes first, and a variable of the same name is
 * passed over: in Koii PATH wins over a variable of that name, too.
 */
#include "runtime/koii/koii_words.h"

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Variables of one task. */
#define VARIABLES_MAX 1000

struct words {
    char **items;
    size_t count;
};

static void add(struct words *words, char *word)
{
    words->items =
        mem_resize(words->items, (words->count + 2) * sizeof(*words->items));
    words->items[words->count++] = word;
    words->items[words->count] = NULL;
}

void koii_words_free(char **words)
{
    for (char **at = words; at && *at; at++)
        free(*at);
    free(words);
}

char **koii_words_arguments(const struct koii_launch *launch)
{
    struct words words = {0};

    add(&words, mem_text(launch->program));
    /* Stacks name the author's lines where a bundle brings its map. */
    add(&words, mem_text("--enable-source-maps"));
    add(&words, mem_text(launch->executable));
    add(&words, mem_text(launch->task_name));
    add(&words, mem_text(launch->task_id));
    add(&words, mem_format("%u", launch->task_port));
    add(&words, mem_text("service"));
    add(&words, mem_text(launch->main_account));
    add(&words, mem_text(launch->secret));
    add(&words, mem_text(launch->rpc_url));
    add(&words,
        mem_text(launch->service_url ? launch->service_url : "undefined"));
    add(&words, mem_format("%" PRIu64, launch->stake_roe));
    add(&words, mem_format("%u", launch->node_port));
    return words.items;
}

/* Is there an entry "name=..."? */
static bool has_name(const struct words *words, const char *name)
{
    size_t size = strlen(name);

    for (size_t i = 0; i < words->count; i++)
        if (!strncmp(words->items[i], name, size) &&
            words->items[i][size] == '=')
            return true;
    return false;
}

/* A name with "=" in it, or a NUL in either, can't stand in an environment. */
static int add_variables(struct words *words, const char *text)
{
    struct json_object *variables = NULL;
    int status = json_parse(bytes_text(text), &variables);

    if (!status && !json_object_is_type(variables, json_type_object))
        status = err_set(ERR_INVALID, "the task's variables are no object");
    if (!status && json_object_object_length(variables) > VARIABLES_MAX)
        status = err_set(ERR_LIMIT, "more than %d variables", VARIABLES_MAX);
    if (status)
        goto out;
    json_object_object_foreach(variables, name, value)
    {
        const char *of = json_object_get_string(value);

        if (!json_object_is_type(value, json_type_string) || !name[0] ||
            strchr(name, '=') ||
            strlen(of) != (size_t)json_object_get_string_len(value)) {
            status =
                err_set(ERR_INVALID,
                        "the variable %.60s can't be in an environment", name);
            goto out;
        }
        if (!has_name(words, name))
            add(words, mem_format("%s=%s", name, of));
    }
out:
    json_object_put(variables);
    return status;
}

/* The proxies' ports follow Koii's own, 30017. */
#define PROXY_PORT 30018

void koii_words_ports(const struct koii_launch *launch,
                      uint16_t out[KOII_PORTS])
{
    uint16_t port = PROXY_PORT;

    out[KOII_PORT_NODE] = launch->node_port;
    for (size_t i = KOII_PORT_LINES; i < KOII_PORTS; i++) {
        while (port == launch->node_port || port == launch->task_port)
            port++;
        out[i] = port++;
    }
}

char **koii_words_network(const struct koii_launch *launch)
{
    static const char *const names[] = {"HTTP_PROXY", "HTTPS_PROXY",
                                        "http_proxy", "https_proxy"};
    struct words words = {0};
    uint16_t ports[KOII_PORTS];

    koii_words_ports(launch, ports);
    add(&words, mem_text("NODE_OPTIONS=--require=" LAUNCH_PRELOAD_PATH));
    /* The same folder by its short name: the path of a socket has 108 bytes
     * (unix(7)), and Chromium puts one there. */
    add(&words, mem_text("TMPDIR=/tmp"));
    add(&words, mem_format("POND_PROXY_PORT=%u", ports[KOII_PORT_LINES]));
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        add(&words, mem_format("%s=http://127.0.0.1:%u", names[i],
                               ports[KOII_PORT_HTTP]));
    add(&words, mem_text("NO_PROXY=localhost,127.0.0.1,::1"));
    add(&words, mem_text("no_proxy=localhost,127.0.0.1,::1"));
    return words.items;
}

/* Below a launcher, where the task may write to its folder alone. Without one
 * neither is set. */
static void add_folders(struct words *words, const struct koii_launch *launch)
{
    add(words, mem_format("HOME=%s", launch->folder));
    add(words, mem_format("TMPDIR=%s/tmp", launch->folder));
}

int koii_words_environment(const struct koii_launch *launch, int channel,
                           char ***out)
{
    const char *path = getenv("PATH");
    struct words words = {0};
    int status = 0;

    add(&words,
        mem_format("PATH=%s", path ? path : "/usr/local/bin:/usr/bin:/bin"));
    /* Node's own (lib/child_process.js). */
    add(&words, mem_format("NODE_CHANNEL_FD=%d", channel));
    add(&words, mem_text("NODE_CHANNEL_SERIALIZATION_MODE=json"));
    if (launch->launcher)
        add_folders(&words, launch);
    for (const char *const *at = launch->environment; at && *at; at++)
        add(&words, mem_text(*at));
    if (launch->variables)
        status = add_variables(&words, launch->variables);
    if (status) {
        koii_words_free(words.items);
        return status;
    }
    *out = words.items;
    return 0;
}
