#include "node/task/task_conditions.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "net/address_rule.h"
#include "node/owner/variable_book.h"
#include "node/task/task_money.h"

#include <arpa/inet.h>
#include <stdlib.h>

/* Names are owned. */
struct task_needs {
    char *variables[TASK_NEEDS_MAX];
    size_t count;
    bool wants_orca;
    bool wants_internet;
};

/* ---- what the metadata asks for ---- */

static void add_variable(struct task_needs *needs, const char *name)
{
    if (!name[0] || strlen(name) > VARIABLE_NAME_SIZE_MAX ||
        needs->count == TASK_NEEDS_MAX)
        return;
    for (size_t i = 0; i < needs->count; i++)
        if (!strcmp(needs->variables[i], name))
            return;
    needs->variables[needs->count++] = mem_text(name);
}

static void take_tag(struct task_needs *needs, struct json_object *tag)
{
    const char *type, *value;

    if (!json_object_is_type(tag, json_type_object) ||
        json_get_text(tag, "type", &type) < 0 ||
        json_get_text(tag, "value", &value) < 0)
        return;
    if (!strcmp(type, "TASK_VARIABLE") || !strcmp(type, "GLOBAL_VARIABLE"))
        add_variable(needs, value);
    else if (!strcmp(type, "ADDON") && !strcmp(value, "ORCA_TASK"))
        needs->wants_orca = true;
    else if (!strcmp(type, "ADDON") && !strcmp(value, "REQUIRE_INTERNET"))
        needs->wants_internet = true;
}

void task_conditions_take(struct task_runner *runner,
                          struct json_object *metadata)
{
    struct json_object *tags;

    if (json_get_array(metadata, "requirementsTags", &tags) < 0) {
        err_clear();
        return;
    }
    task_conditions_free(runner->needs);
    runner->needs = mem_zero(1, sizeof(*runner->needs));
    for (size_t i = 0; i < json_object_array_length(tags); i++)
        take_tag(runner->needs, json_object_array_get_idx(tags, i));
    err_clear();
}

void task_conditions_free(struct task_needs *needs)
{
    if (!needs)
        return;
    for (size_t i = 0; i < needs->count; i++)
        free(needs->variables[i]);
    free(needs);
}

/* ---- variables ---- */

/* Those that were given with the order to start it. */
static struct json_object *given_variables(const struct task_runner *runner)
{
    struct json_object *given = NULL;

    if (json_parse(bytes_text(runner_loader_variables(runner->loader)),
                   &given) < 0)
        err_clear();
    return given;
}

static bool has_variable(const struct task_runner *runner,
                         struct json_object *given, const char *name)
{
    const struct variable_book *book = runner->parts->variables;

    return json_object_object_get_ex(given, name, NULL) ||
           (book && variable_book_has(book, &runner->task, name));
}

/* Appended with commas between them; how many there are is returned. */
static size_t list_missing(const struct task_runner *runner, struct buffer *out)
{
    const struct task_needs *needs = runner->needs;
    struct json_object *given = given_variables(runner);
    size_t count = 0;

    for (size_t i = 0; needs && i < needs->count; i++)
        if (!has_variable(runner, given, needs->variables[i]))
            buffer_format(out, "%s%s", count++ ? ", " : "",
                          needs->variables[i]);
    json_object_put(given);
    return count;
}

void task_conditions_write(const struct task_runner *runner,
                           struct json_writer *writer)
{
    const struct task_needs *needs = runner->needs;
    struct json_object *given = given_variables(runner);

    json_name(writer, "missing");
    json_open_array(writer);
    for (size_t i = 0; needs && i < needs->count; i++)
        if (!has_variable(runner, given, needs->variables[i]))
            json_write_text(writer, needs->variables[i]);
    json_close_array(writer);
    json_object_put(given);
}

int task_conditions_variables(const struct task_runner *runner,
                              struct buffer *out)
{
    const char *given = runner_loader_variables(runner->loader);

    if (runner->parts->variables)
        return variable_book_resolve(runner->parts->variables, &runner->task,
                                     given, out);
    buffer_text(out, given);
    return 0;
}

/* ---- the network ---- */

/* Whether peers may connect to the address that they are given, as far as the
 * node can know: a name may lead anywhere, an address is held against the rule
 * that peers' addresses have to keep. */
static bool is_reachable(const struct task_runner *runner)
{
    const struct node_parts *parts = runner->parts;
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    struct sockaddr_in four = {.sin_family = AF_INET};
    const char *at = strstr(parts->public_url, "://");
    char host[256];
    size_t size;

    at = at ? at + 3 : parts->public_url;
    if (*at == '[') {
        size = strcspn(++at, "]");
    } else {
        size = strcspn(at, ":/");
    }
    if (size >= sizeof(host))
        return true;
    memcpy(host, at, size);
    host[size] = 0;
    if (inet_pton(AF_INET, host, &four.sin_addr) == 1)
        return address_rule_allows(parts->options->network,
                                   (const struct sockaddr *)&four);
    if (inet_pton(AF_INET6, host, &six.sin6_addr) == 1)
        return address_rule_allows(parts->options->network,
                                   (const struct sockaddr *)&six);
    return strcmp(host, "localhost") != 0;
}

/* ---- conditions ---- */

/* Returns status, so that a condition ends with it. */
static int refuse(struct task_runner *runner, enum task_reason reason,
                  int status)
{
    runner->reason = reason;
    return status;
}

int task_conditions_active(struct task_runner *runner)
{
    if (runner->rest.reason)
        return refuse(
            runner, runner->rest.reason,
            err_set(ERR_STATE, "it is to rest now: %s", runner->rest.words));
    if (runner->leave.is_wanted)
        return refuse(runner, TASK_REASON_LEAVING,
                      err_set(ERR_STATE, "its stake is being taken back"));
    if (runner->view.is_migrated)
        return refuse(runner, TASK_REASON_MIGRATED,
                      err_set(ERR_STATE, "the task has moved to another id"));
    if (!runner->view.is_active)
        return refuse(runner, TASK_REASON_INACTIVE,
                      err_set(ERR_STATE, "the task is not active"));
    return 0;
}

static int check_variables(struct task_runner *runner)
{
    struct buffer names = {0};
    size_t count = list_missing(runner, &names);
    int status = 0;

    if (count)
        status =
            refuse(runner, TASK_REASON_VARIABLE,
                   err_set(ERR_STATE,
                           "it needs the variable%s %s: `pond variable set`"
                           ", then `pond variable pair`",
                           count > 1 ? "s" : "", buffer_string(&names)));
    buffer_free(&names);
    return status;
}

int task_conditions_needs(struct task_runner *runner)
{
    const struct task_needs *needs = runner->needs;

    if (needs && needs->wants_orca)
        return refuse(runner, TASK_REASON_ADDON,
                      err_set(ERR_UNSUPPORTED,
                              "it needs Orca, Koii's containers, which are not "
                              "available here"));
    if (needs && needs->wants_internet && !is_reachable(runner))
        return refuse(runner, TASK_REASON_UNREACHABLE,
                      err_set(ERR_STATE,
                              "it needs a node that its peers reach, and %s "
                              "is not such an address: give --public-url",
                              runner->parts->public_url));
    return check_variables(runner);
}

/* Any stake will do here: one below the minimum can still be paid out and
 * withdrawn, and the duties look at it themselves. */
int task_conditions_check(struct task_runner *runner)
{
    const struct task_view *view = &runner->view;
    int status;

    CHECK(view->is_known);
    if ((status = task_conditions_active(runner)) < 0)
        return status;
    if (task_money_is_stake_wanting(runner) &&
        (status = task_money_check_stake(runner)) < 0)
        return status;
    if (!task_money_is_stake_wanting(runner) &&
        !task_view_stake(view, &runner->own))
        return refuse(runner, TASK_REASON_NO_STAKE,
                      err_set(ERR_STATE,
                              "Can't start task %s, because it is "
                              "not staked",
                              runner->task_text));
    return task_conditions_needs(runner);
}
