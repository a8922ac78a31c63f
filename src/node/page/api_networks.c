/*
 * The networks that the operator knows by name, and the one whose endpoints the
 * node uses: `pond network` and `pond node use` beside the node.
 *
 * URLs go to a command by its standard input, for they may have keys in them,
 * and none comes back with one.
 */
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/redact.h"
#include "client/client.h"
#include "node/page/api.h"
#include "node/page/own_command.h"

#include <stdio.h>
#include <stdlib.h>

/* A name that can be a word of a command line. */
#define NAME_MAX_BYTES 64
#define OUTPUT_MAX (256u << 10)
/* `pond network test` waits ten seconds for endpoints. */
#define LIMIT_MS 30000

/* One request, with the commands that it takes one after the other. */
struct networking {
    struct api_request *request;
    struct buffer urls;        /* of a PUT, a line each */
    struct json_object *lines; /* of the last command: a list of objects */
    struct json_object *found; /* endpoints that were tested; NULL: none */
    void (*ended)(struct networking *networking, int status);
    uint64_t ping_ms; /* of the endpoint in use; before: when it was asked */
    bool has_ping;
};

static void finish(struct networking *networking)
{
    json_object_put(networking->lines);
    json_object_put(networking->found);
    buffer_wipe(&networking->urls);
    free(networking);
}

/* Lines of JSON, an object each. */
static struct json_object *lines_of(struct bytes output)
{
    struct json_object *list = json_object_new_array(), *tree;

    while (output.size) {
        const uint8_t *end = memchr(output.data, '\n', output.size);
        size_t size = end ? (size_t)(end - output.data) : output.size;

        if (size && !json_parse(bytes_make(output.data, size), &tree))
            json_object_array_add(list, tree);
        size += end != NULL;
        output = bytes_make(output.data + size, output.size - size);
    }
    return list;
}

/* ended finds the command's own words in err_text(). */
static void on_ended(void *user, const struct own_command_end *end)
{
    struct networking *networking = user;
    char trouble[ERR_TEXT_SIZE];

    snprintf(trouble, sizeof(trouble), "%s", end->status ? err_text() : "");
    json_object_put(networking->lines);
    networking->lines = lines_of(end->output);
    if (end->status)
        err_set(end->status, "%s", trouble);
    networking->ended(networking, end->status);
}

static void run(struct networking *networking, const char *const *words,
                void (*ended)(struct networking *networking, int status))
{
    static const struct own_command_events events = {.ended = on_ended};
    const struct own_command_order order = {.words = words,
                                            .input =
                                                buffer_view(&networking->urls),
                                            .output_max = OUTPUT_MAX,
                                            .limit_ms = LIMIT_MS};

    networking->ended = ended;
    int status = own_command_start(api_commands(networking->request->api),
                                   &order, &events, networking, NULL);
    if (status) {
        api_answer_error(networking->request, status);
        finish(networking);
    }
}

static struct networking *begin(struct api_request *request)
{
    struct networking *networking = mem_zero(1, sizeof(*networking));

    networking->request = request;
    return networking;
}

/* The name is a word of a command: not an option, and no URL. */
static bool takes_name(struct api_request *request)
{
    const char *name = request->parts[0];
    size_t size = strlen(name);

    if (size && size <= NAME_MAX_BYTES && *name != '-' &&
        !strpbrk(name, ":/ \t\r\n"))
        return true;
    api_refuse(request, 400, "form", "name",
               "a network's name has letters, digits, '-', '_' and '.'");
    return false;
}

/* ---- the list ---- */

static void add_text(struct json_object *object, const char *name,
                     const char *text)
{
    json_object_object_add(object, name,
                           text ? json_object_new_string(text) : NULL);
}

/* The name of the one in use; NULL: the node was given URLs. */
static const char *used_name(struct api *api, struct json_object *items)
{
    const char *name = api_world(api)->network(api_world_user(api)), *own;

    for (size_t i = 0; i < json_object_array_length(items); i++)
        if (!json_get_text(json_object_array_get_idx(items, i), "id", &own) &&
            !strcmp(own, name))
            return name;
    err_clear();
    return NULL;
}

/* One of `pond network list`, in the API's words. */
static struct json_object *item_of(struct json_object *line)
{
    static const char *const fields[] = {"urls", "comes", "own"};
    struct json_object *item = json_object_new_object(), *value;
    const char *name = "";

    (void)json_get_text(line, "network", &name);
    add_text(item, "id", name);
    for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
        if (json_object_object_get_ex(line, fields[i], &value))
            json_object_object_add(item, fields[i], json_object_get(value));
    return item;
}

/* The client looks at endpoints where it has a choice; of a single one it is
 * known whether slots come. */
static struct json_object *endpoints_of(struct api *api,
                                        const struct networking *networking)
{
    struct json_object *settlement, *list, *one;
    struct api_clock clock = {0};

    api_world(api)->clock(api_world_user(api), &clock);
    if (json_get_object(api_status(api), "settlement", &settlement) ||
        json_get_array(settlement, "endpoints", &list))
        return NULL;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        bool is_used = false;

        one = json_object_array_get_idx(list, i);
        (void)json_get_bool(one, "used", &is_used);
        if (json_object_array_length(list) == 1) {
            add_text(one, "state", clock.is_connected ? "good" : "away");
            json_object_object_add(one, "slot",
                                   json_object_new_uint64(clock.slot));
        }
        if (is_used && networking->has_ping)
            json_object_object_add(one, "ping_ms",
                                   json_object_new_uint64(networking->ping_ms));
    }
    return json_object_get(settlement);
}

static void answer_list(struct networking *networking)
{
    struct api *api = networking->request->api;
    struct json_object *answer = json_object_new_object();
    struct json_object *items = json_object_new_array();
    struct buffer text = {0};

    for (size_t i = 0; i < json_object_array_length(networking->lines); i++)
        json_object_array_add(
            items, item_of(json_object_array_get_idx(networking->lines, i)));
    json_object_object_add(answer, "items", items);
    json_object_object_add(answer, "next", NULL);
    add_text(answer, "used", used_name(api, items));
    json_object_object_add(answer, "settlement", endpoints_of(api, networking));
    json_text(answer, &text);
    json_object_put(answer);
    api_answer(networking->request, &text);
    finish(networking);
}

static void on_ping(void *user, int status, uint64_t slot)
{
    struct networking *networking = user;

    networking->has_ping = !status;
    networking->ping_ms = clock_monotonic_ms() - networking->ping_ms;
    answer_list(networking);
}

/* One that does not answer is not waited for. */
static void on_list(struct networking *networking, int status)
{
    struct api *api = networking->request->api;
    struct api_clock clock = {0};

    if (status) {
        api_answer_error(networking->request, status);
        finish(networking);
        return;
    }
    struct client *client = api_world(api)->client(api_world_user(api));
    api_world(api)->clock(api_world_user(api), &clock);
    if (client && clock.is_connected) {
        networking->ping_ms = clock_monotonic_ms();
        client_slot(client, CLIENT_PROCESSED, on_ping, networking);
    } else {
        answer_list(networking);
    }
}

static void list_networks(struct api_request *request)
{
    static const char *const words[] = {"network", "list", NULL};

    run(begin(request), words, on_list);
}

/* ---- a test ---- */

static void answer_found(struct networking *networking)
{
    struct json_object *answer = json_object_new_object();
    struct buffer text = {0};

    json_object_object_add(answer, "items", json_object_get(networking->found));
    json_object_object_add(answer, "next", NULL);
    json_text(answer, &text);
    json_object_put(answer);
    api_answer(networking->request, &text);
    finish(networking);
}

/* That none answers is what was asked, too. */
static void on_test(struct networking *networking, int status)
{
    networking->found = json_object_get(networking->lines);
    if (status && !json_object_array_length(networking->found)) {
        api_answer_error(networking->request, status);
        finish(networking);
    } else {
        answer_found(networking);
    }
}

static void test_network(struct api_request *request)
{
    const char *const words[] = {"network", "test", request->parts[0], NULL};

    if (takes_name(request))
        run(begin(request), words, on_test);
}

/* ---- use ---- */

static const char *genesis_of(struct api *api)
{
    struct json_object *settlement;
    const char *genesis = "";

    if (!json_get_object(api_status(api), "settlement", &settlement))
        (void)json_get_text(settlement, "genesis", &genesis);
    err_clear();
    return genesis;
}

/* The first that answers says of which network they are: those of one test are
 * of one. */
static const char *found_genesis(const struct networking *networking,
                                 bool *is_there)
{
    const char *state, *genesis = "";

    *is_there = false;
    for (size_t i = 0; i < json_object_array_length(networking->found); i++) {
        struct json_object *one =
            json_object_array_get_idx(networking->found, i);

        if (json_get_text(one, "state", &state) || strcmp(state, "good") != 0)
            continue;
        *is_there = true;
        if (!json_get_text(one, "genesis", &genesis) && *genesis)
            break;
    }
    err_clear();
    return genesis;
}

static void on_used(void *user, int status)
{
    struct networking *networking = user;

    if (status)
        api_answer_error(networking->request, status);
    else
        api_forward(networking->request, "/restart", json_object_new_object(),
                    NULL);
    finish(networking);
}

static void on_fit(struct networking *networking, int status)
{
    struct api_request *request = networking->request;
    struct api *api = request->api;
    const char *own = genesis_of(api), *genesis;
    bool is_there;

    networking->found = json_object_get(networking->lines);
    genesis = found_genesis(networking, &is_there);
    if (status == ERR_NETWORK)
        status = err_set(ERR_REMOTE, "no endpoint of it answers");
    else if (status == ERR_STATE)
        status = err_add(ERR_REMOTE, "its endpoints");
    else if (!status && is_there && *own && *genesis &&
             strcmp(own, genesis) != 0)
        status = err_set(ERR_REMOTE,
                         "it is another network: its genesis is %s, and this "
                         "node's folder is of %s. Start a node of its own for "
                         "it: pond node --network %s",
                         genesis, own, request->parts[0]);
    if (!status)
        status = api_world(api)->choose(api_world_user(api), CHOICE_NETWORK,
                                        request->parts[0], on_used, networking);
    if (status) {
        api_answer_error(request, status);
        finish(networking);
    }
}

static void use_network(struct api_request *request)
{
    const char *const words[] = {"network", "test", request->parts[0], NULL};

    if (takes_name(request))
        run(begin(request), words, on_fit);
}

/* ---- add, change, remove ---- */

static void on_done(struct networking *networking, int status)
{
    if (status) {
        if (status == ERR_INVALID)
            api_refuse(networking->request, 400, "form", "name", "%s",
                       err_text());
        else
            api_answer_error(networking->request, status);
        finish(networking);
        return;
    }
    if (!networking->found)
        networking->found = json_object_new_array();
    answer_found(networking);
}

/* What is written down has been asked. One that does not answer now may do so
 * later; one that is of another network than the rest, or no endpoint, is a
 * slip. */
static void on_tested(struct networking *networking, int status)
{
    struct api_request *request = networking->request;
    const char *const words[] = {"network", "add", request->parts[0], "-",
                                 NULL};

    networking->found = json_object_get(networking->lines);
    if (status && status != ERR_NETWORK) {
        if (status == ERR_STATE)
            api_refuse(request, 422, "refused", "urls", "%s", err_text());
        else if (status == ERR_INVALID || status == ERR_LIMIT)
            api_refuse(request, 400, "form", "urls", "%s", err_text());
        else
            api_answer_error(request, status);
        finish(networking);
        return;
    }
    run(networking, words, on_done);
}

static int take_urls(struct json_object *body, struct buffer *out)
{
    struct json_object *list;
    int status = json_get_array(body, "urls", &list);

    if (!status && !json_object_array_length(list))
        status = err_set(ERR_INVALID, "a network has a URL");
    for (size_t i = 0; !status && i < json_object_array_length(list); i++) {
        struct json_object *item = json_object_array_get_idx(list, i);
        const char *url = json_object_is_type(item, json_type_string)
                              ? json_object_get_string(item)
                              : "";

        if (!*url || url[strcspn(url, " \t\r\n")])
            status = err_set(ERR_INVALID, "a URL is a text without blanks");
        else if (strstr(url, REDACTED))
            status = err_set(ERR_INVALID,
                             "type each URL whole: what is hidden in it does "
                             "not come back");
        buffer_format(out, "%s\n", url);
    }
    if (!status && out->size > OWN_COMMAND_INPUT_MAX)
        status = err_set(ERR_LIMIT, "these URLs are too long");
    return status;
}

static void put_network(struct api_request *request)
{
    static const char *const words[] = {"network", "test", "-", NULL};
    struct networking *networking;

    if (!takes_name(request))
        return;
    networking = begin(request);
    if (take_urls(request->body, &networking->urls)) {
        api_refuse(request, 400, "form", "urls", "%s", err_text());
        finish(networking);
        return;
    }
    run(networking, words, on_tested);
}

static void remove_network(struct api_request *request)
{
    const char *const words[] = {"network", "remove", request->parts[0], NULL};
    struct choice_view view;

    if (!takes_name(request))
        return;
    view = choice_book_look(
        api_world(request->api)->choices(api_world_user(request->api)),
        CHOICE_NETWORK);
    if (view.is_chosen && !strcmp(view.value, request->parts[0]))
        api_refuse(request, 409, "not_now", NULL,
                   "the node uses it: use another one first");
    else
        run(begin(request), words, on_done);
}

static void add_can(struct api *api, struct json_object *can)
{
    json_object_array_add(can, json_object_new_string("networks"));
}

static const struct api_row rows[] = {
    {"GET", "networks", API_READ, list_networks},
    {"PUT", "networks/*", API_ORDER, put_network},
    {"DELETE", "networks/*", API_ORDER, remove_network},
    {"POST", "networks/*/use", API_ORDER, use_network},
    {"POST", "networks/*/test", API_ORDER, test_network},
};

const struct api_area api_area_networks = {
    .rows = rows, .row_count = sizeof(rows) / sizeof(*rows), .can = add_can};
