/*
 * The rules are those of Koii's create-task-cli (reference, 3.1), checked one
 * key after the other in the order people write them, so that the first error
 * shown is the first one in the file. Amounts are written in KOII, with
 * decimals; inside there is nothing but whole roe.
 *
 * Why as strict as their tool: a deployment costs a bounty, and the chain would
 * take much of what is refused here. Two places differ on purpose
 * (docs/node.md).
 *
 * Each take_ function reads one key or one group of keys, copies what it wants
 * into the arena and returns 0, or the error that names the key and the rule.
 * An error ends the parsing: one mistake at a time, and the first one first.
 *
 * Numbers come from YAML as doubles. Up to 2^53 roe, which is nine million
 * KOII, an amount is exact to the roe; above that a double can't hold every
 * roe.
 */
#include "author/deployment.h"

#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/yaml.h"
#include "settlement/format/task_instruction.h"

#include <inttypes.h>
#include <libgen.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A roe is to a KOII what a lamport is to a SOL. */
#define ROE_PER_KOII 1e9
/* space is in MB of 10^6 bytes. */
#define BYTES_PER_SPACE_UNIT 1e6

/* Far above any bounty. In roe it is 10^18, which a signed 64-bit number holds,
 * and sums of a few of them an unsigned one. */
#define KOII_MAX 1e9

/* Of slots and rounds: sums of two or three can't overflow, and no task lives
 * that long. */
#define COUNT_MAX 1e12

/* Bounds of create-task-cli: space in MB, the bounty in KOII. */
#define SPACE_MIN 0.1
#define SPACE_MAX 50
#define TOTAL_BOUNTY_MIN 10

/* A file named by markdownDescriptionPath is at most this long. */
#define DESCRIPTION_SIZE_MAX (64u << 10)

/* A key that isn't there and a key that is empty are one mistake to its
 * author. */
static int missing(const char *key)
{
    return err_set(ERR_INVALID, "config: %s is missing", key);
}

/* A text that must be there and not be empty. Copied, since the parsed tree
 * goes when the parsing ends. */
static int take_text(struct deployment *deployment, struct json_object *config,
                     const char *key, const char **out)
{
    struct json_object *value;

    if (!json_object_object_get_ex(config, key, &value) || !value)
        return missing(key);
    if (!json_object_is_type(value, json_type_string))
        return err_set(ERR_INVALID, "config: %s must be text", key);
    if (!json_object_get_string_len(value))
        return missing(key);
    *out = arena_text(&deployment->arena,
                      bytes_make(json_object_get_string(value),
                                 (size_t)json_object_get_string_len(value)));
    return 0;
}

/* A text that may be absent or empty; then *out stays NULL. An empty one is as
 * good as none, which is how people leave lines in a template. */
static int take_optional(struct deployment *deployment,
                         struct json_object *config, const char *key,
                         const char **out)
{
    struct json_object *value;

    if (!json_object_object_get_ex(config, key, &value) || !value ||
        (json_object_is_type(value, json_type_string) &&
         !json_object_get_string_len(value)))
        return 0;
    return take_text(deployment, config, key, out);
}

/* Koii's files have amounts such as 0.1 and slots such as 600; both are
 * numbers to YAML, and a quoted one is a mistake worth saying. */
static int take_number(struct json_object *config, const char *key, double *out)
{
    struct json_object *value;

    if (!json_object_object_get_ex(config, key, &value) || !value)
        return missing(key);
    if (!json_object_is_type(value, json_type_int) &&
        !json_object_is_type(value, json_type_double))
        return err_set(ERR_INVALID, "config: %s must be a number", key);
    *out = json_object_get_double(value);
    if (!isfinite(*out))
        return err_set(ERR_INVALID, "config: %s must be a finite number", key);
    return 0;
}

/* A whole number of slots or rounds, above 0 (Koii's validator takes 0 as
 * missing). */
static int take_count(struct json_object *config, const char *key,
                      uint64_t *out)
{
    double value;
    int status = take_number(config, key, &value);

    if (status < 0)
        return status;
    if (value < 1 || value != floor(value))
        return err_set(ERR_INVALID, "config: %s must be a whole number above 0",
                       key);
    if (value > COUNT_MAX)
        return err_set(ERR_INVALID, "config: %s must be at most %.0f", key,
                       COUNT_MAX);
    *out = (uint64_t)value;
    return 0;
}

/* KOII to roe. Rounded to the nearest roe: 0.1 is no double, but 0.1 KOII is a
 * whole number of roe. */
static int take_amount(struct json_object *config, const char *key,
                       uint64_t *out)
{
    double value;
    int status = take_number(config, key, &value);

    if (status < 0)
        return status;
    if (value <= 0)
        return err_set(ERR_INVALID, "config: %s must be above 0 KOII", key);
    if (value > KOII_MAX)
        return err_set(ERR_INVALID, "config: %s must be at most %.0f KOII", key,
                       KOII_MAX);
    *out = (uint64_t)llround(value * ROE_PER_KOII);
    if (!*out)
        return err_set(ERR_INVALID, "config: %s is less than 1 roe", key);
    return 0;
}

/* choices ends with NULL. */
static int is_one_of(const char *text, const char *const *choices)
{
    for (; *choices; choices++)
        if (!strcmp(text, *choices))
            return 1;
    return 0;
}

/* The texts that describe the task and its author. The name is measured in
 * bytes, for that is what its field on chain holds. */
static int take_identity(struct deployment *deployment,
                         struct json_object *config)
{
    static const struct {
        const char *key;
        size_t place;
    } optional[] = {
        {"imageUrl", offsetof(struct deployment, image_url)},
        {"infoUrl", offsetof(struct deployment, info_url)},
        {"koiiOceanUrl", offsetof(struct deployment, ocean_url)},
        {"environment", offsetof(struct deployment, environment)},
        {"engine", offsetof(struct deployment, engine)},
    };
    int status;

    if ((status = take_text(deployment, config, "task_name",
                            &deployment->task_name)) < 0 ||
        (status = take_text(deployment, config, "author",
                            &deployment->author)) < 0 ||
        (status = take_text(deployment, config, "repositoryUrl",
                            &deployment->repository_url)) < 0)
        return status;
    if (strlen(deployment->task_name) > DEPLOYMENT_NAME_SIZE_MAX)
        return err_set(ERR_INVALID, "config: task_name is longer than %d bytes",
                       DEPLOYMENT_NAME_SIZE_MAX);
    for (size_t i = 0; i < sizeof(optional) / sizeof(optional[0]); i++) {
        const char **field =
            (const char **)((char *)deployment + optional[i].place);

        if ((status =
                 take_optional(deployment, config, optional[i].key, field)) < 0)
            return status;
    }
    return 0;
}

/* description, or the file that markdownDescriptionPath names. The file wins
 * where both are there. A zero byte would end the text for half of its readers.
 */
static int take_description(struct deployment *deployment,
                            struct json_object *config, const char *folder)
{
    struct buffer file = {0};
    const char *path = NULL;
    char *whole;
    int status =
        take_optional(deployment, config, "markdownDescriptionPath", &path);

    if (status < 0)
        return status;
    if (!path)
        return take_text(deployment, config, "description",
                         &deployment->description);
    whole = path[0] == '/' ? mem_text(path) : mem_format("%s/%s", folder, path);
    status = file_read(whole, DESCRIPTION_SIZE_MAX, &file);
    if (status == 0 && (!file.size || !bytes_is_utf8(buffer_view(&file)) ||
                        memchr(file.data, 0, file.size)))
        status = err_set(ERR_INVALID, "%s is not a text", whole);
    if (status == 0)
        deployment->description =
            arena_text(&deployment->arena, buffer_view(&file));
    buffer_free(&file);
    free(whole);
    return status;
}

/* Where the code is, and which engine and which kind of runners it is for. On
 * IPFS it is a file's path, which the upload turns into a CID; elsewhere it
 * goes on chain as it is. */
static int take_program(struct deployment *deployment,
                        struct json_object *config)
{
    static const char *const networks[] = {"IPFS", "ARWEAVE", "DEVELOPMENT",
                                           NULL};
    static const char *const environments[] = {"TEST", "PRODUCTION", NULL};
    static const char *const engines[] = {"pond", "node", NULL};
    const char *program;
    size_t size;
    int status;

    if ((status = take_text(deployment, config, "task_executable_network",
                            &deployment->executable_network)) < 0 ||
        (status = take_text(deployment, config, "task_audit_program",
                            &deployment->audit_program)) < 0)
        return status;
    if (!is_one_of(deployment->executable_network, networks))
        return err_set(ERR_INVALID, "config: task_executable_network must be "
                                    "IPFS, ARWEAVE or DEVELOPMENT");
    program = deployment->audit_program;
    size = strlen(program);
    if (!strcmp(deployment->executable_network, "IPFS")) {
        if (size < 7 || strcmp(program + size - 7, "main.js") != 0)
            return err_set(ERR_INVALID, "config: task_audit_program must be a "
                                        "path that ends in main.js");
    } else if (size > TASK_TEXT_SIZE) {
        return err_set(ERR_INVALID,
                       "config: task_audit_program is longer than %d bytes",
                       TASK_TEXT_SIZE);
    }
    if (deployment->environment &&
        !is_one_of(deployment->environment, environments))
        return err_set(ERR_INVALID,
                       "config: environment must be TEST or PRODUCTION");
    if (deployment->engine && !is_one_of(deployment->engine, engines))
        return err_set(ERR_INVALID, "config: engine must be pond or node");
    return 0;
}

/* The round's windows in slots, and the room bought on chain. The sum of the
 * windows can't overflow: see take_count(). */
static int take_rounds(struct deployment *deployment,
                       struct json_object *config)
{
    double space;
    int status;

    if ((status = take_count(config, "round_time", &deployment->round_time)) <
            0 ||
        (status = take_count(config, "audit_window",
                             &deployment->audit_window)) < 0 ||
        (status = take_count(config, "submission_window",
                             &deployment->submission_window)) < 0 ||
        (status = take_count(config, "allowed_failed_distributions",
                             &deployment->allowed_failed_distributions)) < 0 ||
        (status = take_number(config, "space", &space)) < 0)
        return status;
    if (deployment->round_time <
        deployment->audit_window + deployment->submission_window)
        return err_set(ERR_INVALID, "config: round_time cannot be less than "
                                    "audit_window + submission_window");
    if (space < SPACE_MIN || space > SPACE_MAX)
        return err_set(ERR_INVALID, "config: space must be %.1f to %d MB",
                       SPACE_MIN, SPACE_MAX);
    deployment->space_bytes = (uint64_t)llround(space * BYTES_PER_SPACE_UNIT);
    return 0;
}

/* Only KOII: tasks paid in tokens need the other task program. The bounty of a
 * round can't be more than all there is. */
static int take_money(struct deployment *deployment, struct json_object *config)
{
    const char *type = NULL;
    int status;

    if ((status = take_text(deployment, config, "task_type", &type)) < 0)
        return status;
    if (!strcmp(type, "KPL"))
        return err_set(ERR_UNSUPPORTED,
                       "config: task_type KPL can't be deployed by this "
                       "program yet; use KOII");
    if (strcmp(type, "KOII") != 0)
        return err_set(ERR_INVALID, "config: task_type must be KOII or KPL");
    if ((status = take_amount(config, "minimum_stake_amount",
                              &deployment->minimum_stake_roe)) < 0 ||
        (status = take_amount(config, "total_bounty_amount",
                              &deployment->total_bounty_roe)) < 0 ||
        (status = take_amount(config, "bounty_amount_per_round",
                              &deployment->bounty_per_round_roe)) < 0)
        return status;
    if (deployment->total_bounty_roe < TOTAL_BOUNTY_MIN * ROE_PER_KOII)
        return err_set(ERR_INVALID,
                       "config: total_bounty_amount must be at least %d",
                       TOTAL_BOUNTY_MIN);
    if (deployment->bounty_per_round_roe > deployment->total_bounty_roe)
        return err_set(ERR_INVALID, "config: bounty_amount_per_round is more "
                                    "than total_bounty_amount");
    return 0;
}

/* What a node must have or be told; shown to operators before they start it.
 * Counted before it is filled: an error drops the whole deployment anyway. */
static int take_requirement(struct deployment *deployment,
                            struct json_object *item)
{
    static const char *const types[] = {
        "GLOBAL_VARIABLE", "TASK_VARIABLE", "CPU", "RAM",   "STORAGE",
        "NETWORK",         "ARCHITECTURE",  "OS",  "ADDON", NULL};
    struct deployment_requirement *requirement;
    int status;

    if (deployment->requirement_count == DEPLOYMENT_REQUIREMENTS_MAX)
        return err_set(ERR_LIMIT, "config: more than %d requirementsTags",
                       DEPLOYMENT_REQUIREMENTS_MAX);
    requirement = &deployment->requirements[deployment->requirement_count++];
    if (!json_object_is_type(item, json_type_object))
        return err_set(ERR_INVALID,
                       "config: requirementsTags must hold mappings");
    if ((status = take_text(deployment, item, "type", &requirement->type)) <
            0 ||
        (status = take_optional(deployment, item, "value",
                                &requirement->value)) < 0 ||
        (status = take_optional(deployment, item, "description",
                                &requirement->description)) < 0)
        return err_add(status, "requirementsTags");
    if (!is_one_of(requirement->type, types))
        return err_set(ERR_INVALID,
                       "config: requirementsTags has no type \"%.40s\"",
                       requirement->type);
    if (!requirement->value && strcmp(requirement->type, "GLOBAL_VARIABLE") &&
        strcmp(requirement->type, "TASK_VARIABLE"))
        return err_set(ERR_INVALID,
                       "config: requirementsTags of type %s need "
                       "a value",
                       requirement->type);
    return 0;
}

/* A list under key; absent or null counts as empty. */
static int list_of(struct json_object *config, const char *key,
                   struct json_object **list, size_t *count)
{
    *count = 0;
    if (!json_object_object_get_ex(config, key, list) || !*list)
        return 0;
    if (!json_object_is_type(*list, json_type_array))
        return err_set(ERR_INVALID, "config: %s must be a list", key);
    *count = json_object_array_length(*list);
    return 0;
}

/* Both lists may be absent: a task that needs nothing says nothing. What is too
 * much is refused by its number and not cut: a task without some of its
 * requirements would be another task. */
static int take_lists(struct deployment *deployment, struct json_object *config)
{
    struct json_object *list, *item;
    size_t count;
    int status;

    if ((status = list_of(config, "requirementsTags", &list, &count)) < 0)
        return status;
    for (size_t i = 0; i < count; i++) {
        item = json_object_array_get_idx(list, i);
        if ((status = take_requirement(deployment, item)) < 0)
            return status;
    }
    if ((status = list_of(config, "tags", &list, &count)) < 0)
        return status;
    if (count > DEPLOYMENT_TAGS_MAX)
        return err_set(ERR_LIMIT, "config: more than %d tags",
                       DEPLOYMENT_TAGS_MAX);
    for (size_t i = 0; i < count; i++) {
        item = json_object_array_get_idx(list, i);
        if (!json_object_is_type(item, json_type_string))
            return err_set(ERR_INVALID, "config: tags must be texts");
        deployment->tags[deployment->tag_count++] = arena_text(
            &deployment->arena, bytes_text(json_object_get_string(item)));
    }
    return 0;
}

/* The order of the parts is the order in which errors are found. On an error
 * *out is empty: whatever was taken by then goes with the arena. */
int deployment_parse(struct bytes yaml, const char *folder,
                     struct deployment *out)
{
    struct json_object *config = NULL;
    int status;

    CHECK(folder);
    memset(out, 0, sizeof(*out));
    if ((status = yaml_parse(yaml, &config)) < 0)
        return status;
    if (!config || !json_object_is_type(config, json_type_object))
        status = err_set(ERR_INVALID, "config: the file holds no mapping");
    else if ((status = take_identity(out, config)) == 0 &&
             (status = take_description(out, config, folder)) == 0 &&
             (status = take_program(out, config)) == 0 &&
             (status = take_rounds(out, config)) == 0 &&
             (status = take_money(out, config)) == 0)
        status = take_lists(out, config);
    json_object_put(config);
    if (status < 0)
        deployment_free(out);
    return status;
}

/* Relative paths in the file are relative to the file. The path stands before
 * the error: a person may have several of these files. */
int deployment_load(const char *path, struct deployment *out)
{
    struct buffer text = {0};
    char *copy;
    int status = file_read(path, DEPLOYMENT_CONFIG_SIZE_MAX, &text);

    if (status == 0) {
        copy = mem_text(path);
        status = deployment_parse(buffer_view(&text), dirname(copy), out);
        free(copy);
        if (status < 0)
            status = err_add(status, "%s", path);
    }
    buffer_free(&text);
    return status;
}

/* All texts are in the arena. */
void deployment_free(struct deployment *deployment)
{
    arena_free(&deployment->arena);
    memset(deployment, 0, sizeof(*deployment));
}

/* Koii's node takes an absent field for none, and null for a broken file. */
static void write_optional(struct json_writer *writer, const char *name,
                           const char *value)
{
    if (value)
        json_field_text(writer, name, value);
}

/* The field names are Koii's (reference, 3.2). createdAt is the caller's, so
 * that the same deployment can be made twice with the same CID. */
void deployment_metadata(const struct deployment *deployment,
                         uint64_t created_at_ms, struct buffer *out)
{
    struct json_writer writer = json_writer_make(out);

    CHECK(deployment->task_name && deployment->description);
    json_open_object(&writer);
    json_field_text(&writer, "author", deployment->author);
    json_field_text(&writer, "description", deployment->description);
    json_field_text(&writer, "repositoryUrl", deployment->repository_url);
    json_field_u64(&writer, "createdAt", created_at_ms);
    write_optional(&writer, "imageUrl", deployment->image_url);
    write_optional(&writer, "infoUrl", deployment->info_url);
    write_optional(&writer, "koiiOceanUrl", deployment->ocean_url);
    json_name(&writer, "requirementsTags");
    json_open_array(&writer);
    for (size_t i = 0; i < deployment->requirement_count; i++) {
        const struct deployment_requirement *requirement =
            &deployment->requirements[i];

        json_open_object(&writer);
        json_field_text(&writer, "type", requirement->type);
        write_optional(&writer, "value", requirement->value);
        write_optional(&writer, "description", requirement->description);
        json_close_object(&writer);
    }
    json_close_array(&writer);
    json_name(&writer, "tags");
    json_open_array(&writer);
    for (size_t i = 0; i < deployment->tag_count; i++)
        json_write_text(&writer, deployment->tags[i]);
    json_close_array(&writer);
    write_optional(&writer, "environment", deployment->environment);
    write_optional(&writer, "engine", deployment->engine);
    json_close_object(&writer);
}
