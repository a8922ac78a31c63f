/*
 * Where things are if the command line does not say so. Two files are read,
 * this program's own and Koii's, and both have the same two keys, so a
 * settings file can be carried over by copying it.
 *
 * Nothing is written, because users edit these files by hand. Every value comes
 * with its source, which errors and `pond doctor` name.
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

#include <stdlib.h>

/* Bytes. Settings are a few lines; what is larger is another file. */
#define SETTINGS_SIZE_MAX 65536

/* Relative values of the XDG variables are to be ignored (XDG Base Directory
 * Specification). Without a home the folder is the one that the command runs
 * in. */
static char *home_path(const char *variable, const char *in_home,
                       const char *rest)
{
    CHECK(variable && in_home && rest);
    const char *base = getenv(variable);
    const char *home = getenv("HOME");

    if (base && *base == '/')
        return mem_format("%s/%s", base, rest);
    return mem_format("%s/%s/%s", home && *home ? home : ".", in_home, rest);
}

/* Settings of this program and of those it can take over from lie side by side
 * there. */
char *settings_config_path(const char *name)
{
    return home_path("XDG_CONFIG_HOME", ".config", name);
}

/* Of this program's own settings. */
char *settings_path(const char *name)
{
    CHECK(name);
    char *rest = mem_format("pond/%s", name);
    char *path = settings_config_path(rest);

    free(rest);
    return path;
}

/* Data lies apart from settings, because it can be large and does not belong on
 * another machine. */
char *settings_data_path(const char *name)
{
    CHECK(name);
    char *rest = mem_format("pond/%s", name);
    char *path = home_path("XDG_DATA_HOME", ".local/share", rest);

    free(rest);
    return path;
}

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

/* What is nearest to the command counts: the command line, the environment,
 * one's own file, another program's. 1 if one of them names it, 0 if none does,
 * or from_file()'s error. An empty variable counts as none: that is how a
 * script takes one back. */
static int look_up(const char *given, const char *option, const char *variable,
                   const char *key, struct settings_found *out)
{
    CHECK(option && variable && key);
    const char *environment = getenv(variable);

    if (given) {
        *out = found(given, option);
        return 1;
    }
    if (environment && *environment) {
        *out = found(environment, variable);
        return 1;
    }
    int status = from_file("pond/config.yml", key, out);
    if (!status)
        status = from_file("koii/cli/config.yml", key, out);
    return status;
}

/* The names of public networks, for their endpoints (the constants of Koii's
 * desktop node and CLI). Every other text is a URL, or an error where it is
 * used. */
static void name_network(struct settings_found *found)
{
    static const struct {
        const char *name, *url;
    } networks[] = {{"mainnet", "https://mainnet.koii.network"},
                    {"testnet", "https://testnet.koii.network"},
                    {"devnet", "https://devnet.koii.network"},
                    {"localhost", SETTINGS_RPC_DEFAULT}};

    for (size_t i = 0; i < sizeof(networks) / sizeof(*networks); i++) {
        if (!strcmp(found->value, networks[i].name)) {
            free(found->value);
            found->value = mem_text(networks[i].url);
            return;
        }
    }
}

/* The default is this machine, never a public network: a command must not spend
 * anything there by accident. */
int settings_rpc(const char *given, struct settings_found *out)
{
    CHECK(out);
    int status = look_up(given, "--rpc", "POND_RPC", "json_rpc_url", out);

    if (!status)
        *out = found(SETTINGS_RPC_DEFAULT, "default");
    if (status > 0)
        name_network(out);
    return status < 0 ? status : 0;
}

/* The wallets of Koii's and Solana's CLIs are taken as they are: the format is
 * the same. The first file that is there is taken, whatever it holds: a broken
 * wallet of one's own is not to be replaced by another's in silence. */
int settings_key(const char *given, struct settings_found *out)
{
    CHECK(out);
    static const char *const files[] = {"pond/id.json", "koii/id.json",
                                        "solana/id.json"};
    int status =
        look_up(given, "--keypair", "POND_KEYPAIR", "keypair_path", out);

    if (status != 0)
        return status < 0 ? status : 0;
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

/* Zeroed, so that freeing twice is harmless. */
void settings_free(struct settings_found *found)
{
    CHECK(found);
    free(found->value);
    free(found->source);
    *found = (struct settings_found){0};
}
