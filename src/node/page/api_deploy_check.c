/*
 * A task's folder looked at before anything is done: `task check`.
 */
#include "node/page/api_deploy.h"

#include "base/error.h"
#include "base/memory.h"
#include "node/page/own_command.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

/* A check reads a few files and asks the chain three questions. */
#define CHECK_MS 30000

/* ---- what is asked ---- */

const struct api_deploy_place *api_deploy_place_of(struct api_request *request)
{
    const struct api_world *world = api_world(request->api);
    const struct api_deploy_place *place =
        world->deploy_place ? world->deploy_place(api_world_user(request->api))
                            : NULL;

    if (!place)
        api_refuse(request, 501, "missing", NULL,
                   "this node can't deploy tasks");
    return place;
}

char *api_deploy_folder(struct api_request *request)
{
    const char *text, *home = getenv("HOME");

    if (json_get_text(request->body, "folder", &text) ||
        strlen(text) >= PATH_MAX - sizeof("/" API_DEPLOY_CONFIG) ||
        strpbrk(text, "\n\r")) {
        api_refuse(request, 400, "form", "folder",
                   "\"folder\" is the path of a task's folder");
        return NULL;
    }
    bool is_home = home && *text == '~' && (text[1] == '/' || !text[1]);
    if (*text != '/' && !is_home) {
        api_refuse(request, 400, "form", "folder",
                   "a folder's path begins with / or ~/");
        return NULL;
    }
    char *folder =
        is_home ? mem_format("%s%s", home, text + 1) : mem_text(text);
    size_t size = strlen(folder);
    while (size > 1 && folder[size - 1] == '/')
        folder[--size] = 0;
    return folder;
}

void api_deploy_move(struct json_object *from, const char *name,
                     struct json_object *to, const char *as)
{
    struct json_object *value;

    if (json_object_object_get_ex(from, name, &value))
        json_object_object_add(to, as, json_object_get(value));
}

void api_deploy_move_amount(struct json_object *from, const char *name,
                            struct json_object *to, const char *as)
{
    api_deploy_move(from, name, to, as);
    api_amount(to, as);
}

/* ---- what is answered ---- */

struct checking {
    struct api_request *request;
    char *folder;
    char *task; /* that is to be updated; NULL: none */
};

static void free_checking(struct checking *checking)
{
    free(checking->folder);
    free(checking->task);
    free(checking);
}

static struct json_object *terms_of(struct json_object *said)
{
    static const char *const names[] = {
        "name",         "description",
        "network",      "token",
        "round_time",   "submission_window",
        "audit_window", "allowed_failed_distributions",
        "space_bytes",  "requires",
        "bundle",       "build",
        NULL,
    };
    struct json_object *terms = json_object_new_object();

    for (const char *const *name = names; *name; name++)
        api_deploy_move(said, *name, terms, *name);
    api_deploy_move_amount(said, "minimum_stake", terms, "minimum_stake");
    api_deploy_move_amount(said, "bounty_per_round", terms, "bounty_per_round");
    api_deploy_move_amount(said, "bounty", terms, "bounty");
    return terms;
}

/* What is paid for a task in KOII is burned with it, or paid to others: none of
 * it comes back. A bounty in tokens is not part of the sum. */
static struct json_object *cost_of(struct json_object *said)
{
    struct json_object *cost = json_object_new_object();

    api_deploy_move_amount(said, "rent_roe", cost, "rent");
    if (!json_object_object_get_ex(said, "token", NULL))
        api_deploy_move_amount(said, "bounty", cost, "bounty");
    api_deploy_move_amount(said, "pot_roe", cost, "pot");
    api_deploy_move_amount(said, "fee_roe", cost, "fees");
    api_deploy_move_amount(said, "cost_roe", cost, "sum");
    api_deploy_move_amount(said, "cost_roe", cost, "never_back");
    return cost;
}

static struct json_object *old_of(struct json_object *said)
{
    struct json_object *old = json_object_new_object();

    api_deploy_move(said, "old_task", old, "task");
    api_deploy_move(said, "old_name", old, "name");
    api_deploy_move(said, "nodes", old, "nodes");
    api_deploy_move(said, "decimals", old, "decimals");
    api_deploy_move(said, "token", old, "token");
    api_deploy_move_amount(said, "staked", old, "staked");
    api_deploy_move_amount(said, "bounty_left", old, "bounty");
    return old;
}

/* A config of another task than the one that is to be updated is a mistake like
 * those of the config. */
static void hold_to_task(const struct checking *checking,
                         struct json_object *said, struct json_object *problems)
{
    const char *found;

    if (!checking->task || json_get_text(said, "old_task", &found) ||
        !strcmp(found, checking->task)) {
        err_clear();
        return;
    }
    struct json_object *problem = json_object_new_object();
    char *text = mem_format("task_id names another task, %s", found);
    json_object_object_add(problem, "line", NULL);
    json_object_object_add(problem, "field", json_object_new_string("task_id"));
    json_object_object_add(problem, "text", json_object_new_string(text));
    json_object_object_add(problem, "source", json_object_new_string(""));
    json_object_array_add(problems, problem);
    free(text);
}

/* What the chain was asked for in vain is said beside what is known. */
static void answer_check(struct checking *checking, struct json_object *said,
                         int status, const char *trouble)
{
    struct json_object *answer = json_object_new_object(), *problems;
    struct buffer text = {0};
    bool is_wrong = true;

    if (!json_get_array(said, "problems", &problems)) {
        hold_to_task(checking, said, problems);
        is_wrong = json_object_array_length(problems);
    }
    json_object_object_add(answer, "folder",
                           json_object_new_string(checking->folder));
    api_deploy_move(said, "problems", answer, "problems");
    if (!is_wrong) {
        json_object_object_add(answer, "terms", terms_of(said));
        json_object_object_add(answer, "cost", cost_of(said));
        api_deploy_move_amount(said, "balance_roe", answer, "balance");
        api_deploy_move(said, "tokens_suffice", answer, "tokens_suffice");
        if (json_object_object_get_ex(said, "old_task", NULL))
            json_object_object_add(answer, "update", old_of(said));
        if (status)
            json_object_object_add(answer, "unknown",
                                   json_object_new_string(trouble));
    }
    json_text(answer, &text);
    json_object_put(answer);
    api_answer(checking->request, &text);
}

static void refuse_check(struct checking *checking, int status)
{
    if (status == ERR_NOT_FOUND || status == ERR_DENIED)
        api_refuse(checking->request, 400, "form", "folder", "%s", err_text());
    else if (status == ERR_TIMEOUT)
        api_refuse(checking->request, 504, "settlement", NULL, "%s",
                   err_text());
    else
        api_answer_error(checking->request, status);
}

static void on_checked(void *user, const struct own_command_end *end)
{
    struct checking *checking = user;
    struct api *api = checking->request->api;
    struct json_object *said = NULL;
    char trouble[ERR_TEXT_SIZE];

    snprintf(trouble, sizeof(trouble), "%s", err_text());
    if (end->output.size && !json_parse_exact(end->output, &said) &&
        json_object_is_type(said, json_type_object)) {
        api_world(api)->note_folder(api_world_user(api), checking->folder);
        answer_check(checking, said, end->status, trouble);
    } else {
        int status = end->status ? end->status : ERR_CORRUPT;

        err_set(status, "%s", trouble);
        refuse_check(checking, status);
    }
    json_object_put(said);
    free_checking(checking);
}

void api_deploy_check(struct api_request *request)
{
    static const struct own_command_events events = {NULL, on_checked};
    const struct api_deploy_place *place = api_deploy_place_of(request);
    const char *task = NULL;
    char *folder = place ? api_deploy_folder(request) : NULL;

    if (!folder)
        return;
    (void)json_get_text(request->body, "task", &task);
    err_clear();
    char *config = mem_format("%s/" API_DEPLOY_CONFIG, folder);
    const char *words[] = {"task",
                           "check",
                           config,
                           "--inside",
                           "--keypair",
                           place->wallet_file,
                           task ? "--update" : NULL,
                           NULL};
    const struct own_command_order order = {.words = words,
                                            .endpoint = place->endpoint,
                                            .output_max = API_DEPLOY_OUTPUT_MAX,
                                            .limit_ms = CHECK_MS};
    struct checking *checking = mem_zero(1, sizeof(*checking));
    *checking =
        (struct checking){request, folder, task ? mem_text(task) : NULL};
    int status = own_command_start(api_commands(request->api), &order, &events,
                                   checking, NULL);
    free(config);
    if (!status)
        return;
    api_answer_error(request, status);
    free_checking(checking);
}

void api_deploy_list_folders(struct api_request *request)
{
    const struct api_world *world = api_world(request->api);
    struct buffer answer = {0};
    struct json_writer writer = json_writer_make(&answer);

    if (!api_deploy_place_of(request))
        return;
    json_open_object(&writer);
    json_name(&writer, "items");
    world->write_folders(api_world_user(request->api), &writer);
    json_field_null(&writer, "next");
    json_close_object(&writer);
    api_answer(request, &answer);
}
