/*
 * Where things are if the command line does not say so. Two files are read,
 * this program's own and Koii's, and both have the same two keys, so a
 * settings file can be carried over by copying it.
 *
 * Nothing is written, because users edit these files by hand (networks.h has
 * the one that commands write). Every value comes with its source, which errors
 * and `pond doctor` name.
 *
 * A settings file that can't be read, is not YAML or not a mapping is an error
 * that names it, if the search comes to it. To pass it over would send a
 * command to another network than the one that is written there. A file without
 * the key, or with another kind of value, is passed over; one that is not there
 * is no error at all.
 */
#include "cli/settings.h"
#include "base/buffer.h"
#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/yaml.h"
#include "cli/networks.h"

#include <stdlib.h>
#include <string.h>

/* Bytes. Settings are a few lines; what is larger is another file. */
#define SETTINGS_SIZE_MAX 65536

/* Both texts belong to the caller, who frees them together. */
static struct settings_found found(const char *value, const char *source)
{
    return (struct settings_found){.value = mem_text(value),
                                   .source = mem_text(source)};
}

/* The tree of a settings file; NULL if there is none. */
static int load(const char *path, struct json_object **out)
{
    CHECK(path && out);
    struct buffer text = {0};
    int status = file_read(path, SETTINGS_SIZE_MAX, &text);

    *out = NULL;
    if (!status)
        status = yaml_parse(buffer_view(&text), out);
    else if (status == ERR_NOT_FOUND)
        status = 0;
    buffer_free(&text);
    if (status)
        return err_add(status, "%s", path);
    if (*out && !json_object_is_type(*out, json_type_object)) {
        json_object_put(*out);
        *out = NULL;
        return err_set(ERR_INVALID, "%s does not hold settings (key: value)",
                       path);
    }
    return 0;
}

/* 1 if the file names it, 0 if not. An error if the file can't be read. rest:
 * below the folder of settings. */
static int from_file(const char *rest, const char *key,
                     struct settings_found *out)
{
    char *path = settings_config_path(rest);
    struct json_object *tree;
    const char *value;
    int status = load(path, &tree);

    if (!status && tree && json_get_text(tree, key, &value) == 0 && *value) {
        *out = found(value, path);
        status = 1;
    }
    json_object_put(tree);
    free(path);
    return status;
}

/* One's own file, then another program's. 1 if one of them names it, 0 if none
 * does, or from_file()'s error. */
static int from_files(const char *key, struct settings_found *out)
{
    int status = from_file("pond/config.yml", key, out);

    if (!status)
        status = from_file("koii/cli/config.yml", key, out);
    return status;
}

/* An empty variable counts as none: that is how a script takes one back. */
static bool from_environment(const char *variable, struct settings_found *out)
{
    const char *value = getenv(variable);

    if (!value || !*value)
        return false;
    *out = found(value, variable);
    return true;
}

/* ---- networks ---- */

int settings_network(const char *given, struct settings_found *out)
{
    struct networks networks;
    int status = networks_read(&networks);

    *out = (struct settings_found){0};
    if (!status && given)
        *out = found(given, "--network");
    else if (!status && !from_environment("POND_NETWORK", out) && networks.used)
        *out = found(networks.used, "pond network use");
    if (!status && out->value) {
        status = networks_use(&networks, out->value);
        if (status) {
            err_add(status, "%s", out->source);
            settings_free(out);
        } else {
            free(out->value);
            out->value = mem_text(networks.used);
        }
    }
    networks_free(&networks);
    return status;
}

/* The private network of this machine is what everything was for before there
 * were others: it has no place of its own. */
static bool is_apart(const struct settings_place *place)
{
    return place->network && strcmp(place->network, NETWORK_LOCAL) != 0;
}

/* Append the URLs of a list, names of networks replaced by theirs. A text that
 * is neither is left to the client, which says what is wrong with it. */
static void add_urls(const struct networks *networks, const char *text,
                     struct buffer *out)
{
    static const char between[] = ", \t\r\n";

    for (text += strspn(text, between); *text; text += strspn(text, between)) {
        size_t size = strcspn(text, between);
        char *one = mem_format("%.*s", (int)size, text);
        const struct known_network *known = networks_find(networks, one);

        buffer_format(out, "%s%s", out->size ? " " : "",
                      known ? known->urls : one);
        free(one);
        text += size;
    }
}

/* The texts of a list as URLs, in its place. */
static int resolve(const char *const *texts, size_t count,
                   struct settings_found *found)
{
    struct networks networks;
    struct buffer urls = {0};
    int status = networks_read(&networks);

    for (size_t i = 0; i < count && !status; i++)
        add_urls(&networks, texts[i], &urls);
    if (!status && !urls.size)
        status =
            err_set(ERR_INVALID, "%s: there is no URL in it", found->source);
    networks_free(&networks);
    if (status) {
        settings_free(found);
    } else {
        free(found->value);
        found->value = mem_text(buffer_string(&urls));
    }
    buffer_free(&urls);
    return status;
}

/* The default is this machine, never a public network: a command must not spend
 * anything there by accident. */
int settings_rpc(const struct settings_place *place, struct settings_found *out)
{
    CHECK(out && place);
    int status = 1;

    *out = (struct settings_found){0};
    if (place->rpc.count) {
        *out = found("", "--rpc");
        return resolve(place->rpc.values, place->rpc.count, out);
    }
    if (place->network && place->is_near)
        *out = found(place->network, place->network_source);
    else if (!from_environment("POND_RPC", out) && place->network)
        *out = found(place->network, place->network_source);
    else if (!out->value)
        status = from_files("json_rpc_url", out);
    if (status < 0)
        return status;
    if (!status)
        *out = found(SETTINGS_RPC_DEFAULT, "default");
    return resolve((const char *const *)&out->value, 1, out);
}

/* ---- folders and wallets ---- */

static char *network_key_path(const struct settings_place *place)
{
    char *rest = mem_format("networks/%s/id.json", place->network);
    char *path = settings_path(rest);

    free(rest);
    return path;
}

char *settings_new_key_path(const struct settings_place *place)
{
    return is_apart(place) ? network_key_path(place) : settings_path("id.json");
}

char *settings_node_folder(const struct settings_place *place)
{
    if (!is_apart(place))
        return settings_data_path("node");
    char *rest = mem_format("networks/%s/node", place->network);
    char *path = settings_data_path(rest);

    free(rest);
    return path;
}

/* The wallets of Koii's and Solana's CLIs are taken as they are: the format is
 * the same. The first file that is there is taken, whatever it holds: a broken
 * wallet of one's own is not to be replaced by another's in silence. */
static int usual_key(struct settings_found *out)
{
    static const char *const files[] = {"pond/id.json", "koii/id.json",
                                        "solana/id.json"};

    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
        char *path = settings_config_path(files[i]);

        if (file_exists(path)) {
            *out = found(path, "default");
            free(path);
            return 0;
        }
        free(path);
    }
    return err_set(ERR_NOT_FOUND, "there is no wallet yet");
}

int settings_key(const char *given, const struct settings_place *place,
                 struct settings_found *out)
{
    CHECK(out && place);

    if (given) {
        *out = found(given, "--keypair");
        return 0;
    }
    if (from_environment("POND_KEYPAIR", out))
        return 0;
    if (is_apart(place)) {
        char *path = network_key_path(place);
        bool is_there = file_exists(path);

        if (is_there)
            *out = found(path, place->network);
        free(path);
        if (is_there)
            return 0;
    }
    int status = from_files("keypair_path", out);
    if (status)
        return status < 0 ? status : 0;
    return usual_key(out);
}

/* Zeroed, so that freeing twice is harmless. */
void settings_free(struct settings_found *found)
{
    CHECK(found);
    free(found->value);
    free(found->source);
    *found = (struct settings_found){0};
}
