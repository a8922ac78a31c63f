/*
 * The rules are those of Koii's create-task-cli (reference, 3.1), checked one
 * key after the other in the order people write them, so that the first error
 * shown is the first one in the file. Amounts are written in KOII, with
 * decimals; inside there is nothing but whole roe.
 *
 * They are as strict as that tool, because a deployment costs a bounty, and the
 * chain would take much of what is refused here. The places that differ are in
 * docs/author.md.
 *
 * Each take_ function reads one key or one group of keys, copies what it wants
 * into the arena and returns 0, or the error that names the key and the rule.
 * An error ends the parsing: one mistake at a time, and the first one first.
 */
#include "author/deployment.h"
#include "author/config_field.h"
#include "author/deployment_check.h"
#include "author/deployment_lists.h"

#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/yaml.h"
#include "node/reach/engine_name.h"
#include "settlement/format/task_instruction.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* space is in MB of 10^6 bytes. */
#define BYTES_PER_SPACE_UNIT 1e6

/* Bounds of create-task-cli: space in MB, the bounty in KOII or tokens. */
#define SPACE_MIN 0.1
#define SPACE_MAX 50
#define TOTAL_BOUNTY_MIN 10

/* A file named by markdownDescriptionPath is at most this long. */
#define DESCRIPTION_SIZE_MAX (1u << 20)

/* The text, and how it is read. */
struct parsing {
    struct bytes yaml;
    const char *folder;
    const struct deployment_reading *reading;
};

/* As JavaScript counts a text's length: units of UTF-16. */
static size_t utf16_length(const char *text)
{
    size_t units = 0;

    for (const uint8_t *at = (const uint8_t *)text; *at; at++)
        units += (*at & 0xc0) == 0x80 ? 0 : *at >= 0xf0 ? 2 : 1;
    return units;
}

/* The texts that describe the task and its author. Those without rules are
 * taken as they are. */
static int take_identity(struct deployment *deployment,
                         struct json_object *config)
{
    struct arena *arena = &deployment->arena;
    int status;

    if ((status = config_field_trimmed(arena, config, "task_name",
                                       &deployment->task_name)) < 0 ||
        (status = config_field_trimmed(arena, config, "author",
                                       &deployment->author)) < 0 ||
        (status = config_field_text(arena, config, "repositoryUrl",
                                    &deployment->repository_url)) < 0)
        return status;
    if (utf16_length(deployment->task_name) > DEPLOYMENT_NAME_SIZE_MAX)
        return err_set(ERR_INVALID,
                       "config: task_name is longer than %d characters",
                       DEPLOYMENT_NAME_SIZE_MAX);
    deployment->image_url = config_field_any(arena, config, "imageUrl");
    deployment->info_url = config_field_any(arena, config, "infoUrl");
    deployment->ocean_url = config_field_any(arena, config, "koiiOceanUrl");
    deployment->environment = config_field_any(arena, config, "environment");
    deployment->engine = config_field_any(arena, config, "engine");
    return 0;
}

/* The file that markdownDescriptionPath names, if there is such a file. A file
 * with a zero byte is refused, because the byte would end the text for half of
 * its readers. */
static int read_description(struct deployment *deployment, const char *path,
                            const char *folder, bool is_inside)
{
    struct buffer file = {0};
    char *whole =
        path[0] == '/' ? mem_text(path) : mem_format("%s/%s", folder, path);
    int status = is_inside ? deployment_is_inside(folder, whole) : 0;

    if (!status)
        status = file_read(whole, DESCRIPTION_SIZE_MAX, &file);

    if (!status && (!bytes_is_utf8(buffer_view(&file)) ||
                    (file.size && memchr(file.data, 0, file.size))))
        status =
            err_set(ERR_INVALID,
                    "config: markdownDescriptionPath: %s is not a text", whole);
    if (!status)
        deployment->description =
            config_field_trim(&deployment->arena, buffer_view(&file));
    buffer_free(&file);
    free(whole);
    return status;
}

/* description, or the file that markdownDescriptionPath names. The file wins
 * where both are there; a file that is missing leaves the other. */
static int take_description(struct deployment *deployment,
                            struct json_object *config, const char *folder,
                            bool is_inside)
{
    const char *path =
        config_field_any(&deployment->arena, config, "markdownDescriptionPath");
    struct json_object *written;
    int status;

    if (path) {
        status = read_description(deployment, path, folder, is_inside);
        if (!status && !*deployment->description)
            return err_set(ERR_INVALID,
                           "config: description is missing: the file that "
                           "markdownDescriptionPath names is empty");
        if (status != ERR_NOT_FOUND ||
            !json_object_object_get_ex(config, "description", &written) ||
            !written)
            return status < 0
                       ? err_add(status, "config: markdownDescriptionPath")
                       : 0;
        err_clear();
    }
    return config_field_trimmed(&deployment->arena, config, "description",
                                &deployment->description);
}

/* Where the code is, and which engine and which kind of runners it is for. On
 * IPFS it is a file's path, which the upload turns into a CID; elsewhere it
 * goes on chain as it is. */
static int take_program(struct deployment *deployment,
                        struct json_object *config)
{
    static const char *const networks[] = {"IPFS", "ARWEAVE", "DEVELOPMENT",
                                           NULL};
    int status;

    if ((status = config_field_text(&deployment->arena, config,
                                    "task_executable_network",
                                    &deployment->executable_network)) < 0 ||
        (status =
             config_field_text(&deployment->arena, config, "task_audit_program",
                               &deployment->audit_program)) < 0)
        return status;
    if (!config_field_is_one_of(deployment->executable_network, networks))
        return err_set(ERR_INVALID, "config: task_executable_network must be "
                                    "IPFS, ARWEAVE or DEVELOPMENT");
    const char *program = deployment->audit_program;
    size_t size = strlen(program);
    if (!strcmp(deployment->executable_network, "IPFS")) {
        if (size < 7 || strcmp(program + size - 7, "main.js") != 0)
            return err_set(ERR_INVALID, "config: task_audit_program must be a "
                                        "path that ends in main.js");
    } else if (size > TASK_TEXT_SIZE) {
        return err_set(ERR_INVALID,
                       "config: task_audit_program is longer than %d bytes",
                       TASK_TEXT_SIZE);
    }
    enum node_engine engine;
    if (deployment->engine && engine_name_parse(deployment->engine, &engine))
        return err_set(ERR_INVALID,
                       "config: engine must be pond, node or auto");
    return 0;
}

/* The round's windows in slots, and the room bought on chain. The sum of the
 * windows can't overflow: see config_field_count(). */
static int take_rounds(struct deployment *deployment,
                       struct json_object *config)
{
    double space;
    int status;

    if ((status = config_field_count(config, "round_time",
                                     &deployment->round_time)) < 0 ||
        (status = config_field_count(config, "audit_window",
                                     &deployment->audit_window)) < 0 ||
        (status = config_field_count(config, "submission_window",
                                     &deployment->submission_window)) < 0 ||
        (status = config_field_count(
             config, "allowed_failed_distributions",
             &deployment->allowed_failed_distributions)) < 0 ||
        (status = config_field_number(config, "space", &space)) < 0)
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

/* What the task pays in. KOII tasks may name a token, which is ignored; Koii's
 * own validator even demands it. */
static int take_type(struct deployment *deployment, struct json_object *config)
{
    const char *type = NULL, *token = NULL;
    int status =
        config_field_trimmed(&deployment->arena, config, "task_type", &type);

    if (status) /* as configs have it from before there were tokens */
        return err_set(ERR_INVALID,
                       "%s: it is KOII, or KPL for a task that is "
                       "paid in a token",
                       err_text());
    if (!strcasecmp(type, "KOII"))
        return 0;
    if (strcasecmp(type, "KPL") != 0)
        return err_set(ERR_INVALID, "config: task_type must be KOII or KPL");
    status =
        config_field_trimmed(&deployment->arena, config, "token_type", &token);
    if (status)
        return status;
    deployment->is_kpl = true;
    if (pubkey_parse(bytes_text(token), &deployment->token) < 0)
        return err_set(ERR_INVALID,
                       "config: token_type must be the address of the token's "
                       "mint (base58 of 32 bytes)");
    return 0;
}

/* In KOII or tokens. The bounty of a round can't be more than all there is. */
static int take_bounty(struct deployment *deployment,
                       struct json_object *config)
{
    int status = config_field_amount(config, "total_bounty_amount", false,
                                     &deployment->total_bounty_roe);

    if (!status)
        status = config_field_amount(config, "bounty_amount_per_round", true,
                                     &deployment->bounty_per_round_roe);
    if (status)
        return status;
    if (deployment->total_bounty_roe < TOTAL_BOUNTY_MIN * CONFIG_ROE_PER_KOII)
        return err_set(ERR_INVALID,
                       "config: total_bounty_amount must be at least %d",
                       TOTAL_BOUNTY_MIN);
    if (deployment->bounty_per_round_roe > deployment->total_bounty_roe)
        return err_set(ERR_INVALID, "config: bounty_amount_per_round is more "
                                    "than total_bounty_amount");
    return 0;
}

/* The bounty of an update is what the task has left. */
static int take_money(struct deployment *deployment, struct json_object *config)
{
    int status = take_type(deployment, config);

    if (status ||
        (status = config_field_amount(config, "minimum_stake_amount", false,
                                      &deployment->minimum_stake_roe)) < 0 ||
        !deployment->is_update)
        return status ? status : take_bounty(deployment, config);
    return config_field_amount(config, "bounty_amount_per_round", false,
                               &deployment->bounty_per_round_roe);
}

/* Which task is updated, and what its runners are shown about it. */
static int take_update(struct deployment *deployment,
                       struct json_object *config)
{
    const char *task;
    int status;

    if (!deployment->is_update)
        return 0;
    status = config_field_trimmed(&deployment->arena, config, "task_id", &task);
    if (!status)
        status = config_field_text(&deployment->arena, config,
                                   "migrationDescription",
                                   &deployment->migration_description);
    if (!status && pubkey_parse(bytes_text(task), &deployment->task) < 0)
        status = err_set(ERR_INVALID,
                         "config: task_id must be the address of the task that "
                         "is updated (base58 of 32 bytes)");
    return status;
}

/* An error of a part ends the parsing, unless all are wanted. */
static bool goes_on(int status, const struct parsing *parsing)
{
    return !status || deployment_problem_note(status, parsing->yaml,
                                              parsing->reading->problems);
}

/* The order of the parts is the order in which errors are found. */
static int take_all(struct deployment *out, struct json_object *config,
                    const struct parsing *parsing)
{
    int status;

    if (!goes_on(status = take_identity(out, config), parsing) ||
        !goes_on(status = take_description(out, config, parsing->folder,
                                           parsing->reading->is_inside),
                 parsing) ||
        !goes_on(status = take_program(out, config), parsing) ||
        !goes_on(status = take_rounds(out, config), parsing) ||
        !goes_on(status = take_money(out, config), parsing) ||
        !goes_on(status = take_update(out, config), parsing) ||
        !goes_on(status = deployment_take_lists(out, config), parsing))
        return status;
    return deployment_problem_first(parsing->reading->problems);
}

/* On an error *out is empty: whatever was taken by then goes with the arena. */
static int parse(const struct parsing *parsing, struct deployment *out)
{
    struct json_object *config = NULL;
    int status;

    CHECK(parsing->folder);
    memset(out, 0, sizeof(*out));
    out->is_update = parsing->reading->is_update;
    status = yaml_parse(parsing->yaml, &config);
    if (!status && (!config || !json_object_is_type(config, json_type_object)))
        status = err_set(ERR_INVALID, "config: the file holds no mapping");
    if (status)
        (void)deployment_problem_note(status, parsing->yaml,
                                      parsing->reading->problems);
    else
        status = take_all(out, config, parsing);
    json_object_put(config);
    if (status)
        deployment_free(out);
    return status;
}

int deployment_parse_as(struct bytes yaml, const char *folder,
                        const struct deployment_reading *reading,
                        struct deployment *out)
{
    return parse(&(struct parsing){yaml, folder, reading}, out);
}

/* Relative paths in the file are relative to the file. The path stands before
 * the error: a person may have several of these files. */
int deployment_load_as(const char *path,
                       const struct deployment_reading *reading,
                       struct deployment *out)
{
    struct buffer text = {0};
    uint64_t changed_ms;
    char *folder = file_parent(path);
    int status = reading->is_inside ? deployment_is_inside(folder, path) : 0;

    if (!status)
        status = file_read(path, DEPLOYMENT_CONFIG_SIZE_MAX, &text);
    if (!status)
        status = file_changed_ms(path, &changed_ms);
    if (!status) {
        status = deployment_parse_as(buffer_view(&text), folder, reading, out);
        out->changed_ms = changed_ms;
        if (!status && reading->is_inside) {
            status = deployment_bundle_is_inside(out, folder);
            if (status) {
                (void)deployment_problem_note(status, buffer_view(&text),
                                              reading->problems);
                deployment_free(out);
            }
        }
        if (status)
            status = err_add(status, "%s", path);
    }
    buffer_free(&text);
    free(folder);
    return status;
}

int deployment_parse(struct bytes yaml, const char *folder,
                     struct deployment *out)
{
    static const struct deployment_reading reading;

    return deployment_parse_as(yaml, folder, &reading, out);
}

int deployment_parse_update(struct bytes yaml, const char *folder,
                            struct deployment *out)
{
    static const struct deployment_reading reading = {.is_update = true};

    return deployment_parse_as(yaml, folder, &reading, out);
}

int deployment_load(const char *path, struct deployment *out)
{
    static const struct deployment_reading reading;

    return deployment_load_as(path, &reading, out);
}

int deployment_load_update(const char *path, struct deployment *out)
{
    static const struct deployment_reading reading = {.is_update = true};

    return deployment_load_as(path, &reading, out);
}

/* All texts are in the arena. */
void deployment_free(struct deployment *deployment)
{
    arena_free(&deployment->arena);
    memset(deployment, 0, sizeof(*deployment));
}
