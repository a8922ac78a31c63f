/*
 * The file is JSON, because it is written as well as read; the others are YAML
 * that people write.
 *
 * What the file says is checked whole before anything of it counts: a command
 * must not go to another network because one line of it is broken.
 */
#include "cli/networks.h"

#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "cli/settings_path.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Bytes: all networks with all their URLs, of a few hundred bytes each. */
#define FILE_SIZE_MAX (1u << 20)

/* The constants of Koii's desktop node and CLI: constants.ts has the endpoint
 * that its nodes use on mainnet, cluster.ts the others. */
static const struct {
    const char *name, *urls;
} ready[] = {
    {NETWORK_LOCAL, NETWORK_LOCAL_URL},
    {"mainnet", ("https://mainnet.koii.network "
                 "https://desktop-node-rpc.mainnet.koii.network")},
    {"testnet", "https://testnet.koii.network"},
    {"devnet", "https://devnet.koii.network"},
};

int networks_check_name(const char *name)
{
    size_t size = strlen(name);
    bool is_good =
        size > 0 && size <= NETWORK_NAME_MAX && isalnum((uint8_t)*name);

    for (size_t i = 0; i < size && is_good; i++)
        is_good = isalnum((uint8_t)name[i]) || strchr("-_.", name[i]);
    if (!is_good)
        return err_set(ERR_INVALID,
                       "a network's name has 1 to %d letters, digits, '-', '_' "
                       "and '.', and begins with a letter or digit: not "
                       "'%.80s'",
                       NETWORK_NAME_MAX, name);
    return 0;
}

static struct known_network *find(const struct networks *networks,
                                  const char *name)
{
    if (!strcmp(name, "localhost"))
        name = NETWORK_LOCAL;
    for (size_t i = 0; i < networks->count; i++)
        if (!strcmp(networks->list[i].name, name))
            return (struct known_network *)&networks->list[i];
    return NULL;
}

const struct known_network *networks_find(const struct networks *networks,
                                          const char *name)
{
    return find(networks, name);
}

static int unknown(const struct networks *networks, const char *name)
{
    struct buffer names = {0};

    for (size_t i = 0; i < networks->count; i++)
        buffer_format(&names, "%s%s", i ? ", " : "", networks->list[i].name);
    int status =
        err_set(ERR_NOT_FOUND, "there is no network '%.80s'; known are %.300s",
                name, buffer_string(&names));
    buffer_free(&names);
    return status;
}

/* ---- changing ---- */

int networks_put(struct networks *networks, const char *name, const char *urls)
{
    struct known_network *known = find(networks, name);

    if (!known) {
        if (networks->count == NETWORKS_MAX)
            return err_set(ERR_LIMIT,
                           "there are %d networks, which is the most"
                           " there may be",
                           NETWORKS_MAX);
        known = &networks->list[networks->count++];
        *known = (struct known_network){.name = mem_text(name)};
    }
    free(known->urls);
    known->urls = mem_text(urls);
    known->is_own = true;
    return 0;
}

int networks_remove(struct networks *networks, const char *name)
{
    struct known_network *known = find(networks, name);

    if (!known)
        return unknown(networks, name);
    if (!known->is_own)
        return err_set(ERR_STATE,
                       "'%s' comes with the program and can't be removed",
                       known->name);
    if (known->is_ready) {
        free(known->urls);
        known->is_own = false;
        known->urls = mem_text(ready[known - networks->list].urls);
        return 0;
    }
    if (networks->used && !strcmp(networks->used, known->name)) {
        free(networks->used);
        networks->used = NULL;
    }
    free(known->name);
    free(known->urls);
    networks->count--;
    memmove(known, known + 1,
            (size_t)(networks->list + networks->count - known) *
                sizeof(*known));
    return 0;
}

int networks_use(struct networks *networks, const char *name)
{
    const struct known_network *known = name ? find(networks, name) : NULL;

    if (name && !known)
        return unknown(networks, name);
    free(networks->used);
    networks->used = known ? mem_text(known->name) : NULL;
    return 0;
}

/* ---- the file ---- */

/* The URLs of one network, as one text. That they are URLs is seen where they
 * are used, as with every other setting. */
static int read_urls(struct json_object *list, struct buffer *out)
{
    size_t count = json_object_array_length(list);

    if (!count || count > NETWORK_URLS_MAX)
        return err_set(ERR_INVALID, "a network has 1 to %d urls",
                       NETWORK_URLS_MAX);
    for (size_t i = 0; i < count; i++) {
        struct json_object *item = json_object_array_get_idx(list, i);
        const char *url = json_object_is_type(item, json_type_string)
                              ? json_object_get_string(item)
                              : "";

        if (!*url || url[strcspn(url, " \t\r\n")])
            return err_set(ERR_INVALID, "a URL is a text without blanks");
        buffer_format(out, "%s%s", i ? " " : "", url);
    }
    return 0;
}

static int read_network(struct json_object *item, struct networks *out)
{
    const char *name;
    struct json_object *list;
    struct buffer urls = {0};
    int status;

    if (!json_object_is_type(item, json_type_object))
        return err_set(ERR_INVALID, "a network is an object");
    if ((status = json_get_text(item, "name", &name)) == 0 &&
        (status = networks_check_name(name)) == 0 &&
        (status = json_get_array(item, "urls", &list)) == 0 &&
        (status = read_urls(list, &urls)) == 0)
        status = networks_put(out, name, buffer_string(&urls));
    buffer_free(&urls);
    return status ? ERR_INVALID : 0;
}

static int read_tree(struct json_object *tree, struct networks *out)
{
    struct json_object *list = NULL, *used = NULL;
    int status = 0;

    if (!json_object_is_type(tree, json_type_object))
        return err_set(ERR_INVALID, "it is no JSON object");
    if (json_object_object_get_ex(tree, "networks", &list)) {
        status = json_get_array(tree, "networks", &list);
        if (status)
            return ERR_INVALID;
        for (size_t i = 0; i < json_object_array_length(list) && !status; i++)
            status = read_network(json_object_array_get_idx(list, i), out);
    }
    if (!status && json_object_object_get_ex(tree, "use", &used) && used) {
        const char *name;

        status = json_get_text(tree, "use", &name);
        if (!status)
            status = networks_use(out, name);
    }
    return status ? ERR_INVALID : 0;
}

int networks_read(struct networks *out)
{
    struct buffer text = {0};
    struct json_object *tree = NULL;

    *out = (struct networks){.path = settings_path("networks.json")};
    for (size_t i = 0; i < sizeof(ready) / sizeof(*ready); i++)
        out->list[out->count++] =
            (struct known_network){.name = mem_text(ready[i].name),
                                   .urls = mem_text(ready[i].urls),
                                   .is_ready = true};
    int status = file_read(out->path, FILE_SIZE_MAX, &text);
    if (status == ERR_NOT_FOUND) {
        err_clear();
        status = 0;
    } else if (!status) {
        status = json_parse_exact(buffer_view(&text), &tree);
        if (!status)
            status = read_tree(tree, out);
        if (status)
            err_add(status, "%s", out->path);
    }
    json_object_put(tree);
    buffer_free(&text);
    return status;
}

static void write_network(struct json_writer *writer,
                          const struct known_network *known)
{
    json_open_object(writer);
    json_field_text(writer, "name", known->name);
    json_name(writer, "urls");
    json_open_array(writer);
    for (const char *at = known->urls; *at;) {
        size_t size = strcspn(at, " ");

        json_write_bytes(writer, bytes_make(at, size));
        at += size + strspn(at + size, " ");
    }
    json_close_array(writer);
    json_close_object(writer);
}

int networks_write(const struct networks *networks)
{
    struct buffer text = {0};
    struct json_writer writer = json_writer_make(&text);
    char *folder = file_parent(networks->path);
    int status = file_make_folder(folder, 0700);

    json_open_object(&writer);
    if (networks->used)
        json_field_text(&writer, "use", networks->used);
    json_name(&writer, "networks");
    json_open_array(&writer);
    for (size_t i = 0; i < networks->count; i++)
        if (networks->list[i].is_own)
            write_network(&writer, &networks->list[i]);
    json_close_array(&writer);
    json_close_object(&writer);
    buffer_text(&text, "\n");
    if (!status)
        status = file_replace(networks->path, buffer_view(&text), 0600);
    buffer_free(&text);
    free(folder);
    return status;
}

void networks_free(struct networks *networks)
{
    for (size_t i = 0; i < networks->count; i++) {
        free(networks->list[i].name);
        free(networks->list[i].urls);
    }
    free(networks->used);
    free(networks->path);
    *networks = (struct networks){0};
}
