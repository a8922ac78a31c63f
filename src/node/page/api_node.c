/*
 * The node as a whole: GET node, and the topic of the same name.
 */
#include "base/error.h"
#include "base/memory.h"
#include "node/page/api.h"

#include <inttypes.h>
#include <stdio.h>

static void add_text(struct json_object *object, const char *name,
                     const char *text)
{
    json_object_object_add(object, name, json_object_new_string(text));
}

static void add_number(struct json_object *object, const char *name,
                       uint64_t number)
{
    json_object_object_add(object, name, json_object_new_uint64(number));
}

static void add_amount(struct json_object *object, const char *name,
                       uint64_t roe)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRIu64, roe);
    add_text(object, name, text);
}

static void add_change(struct json_object *object, const char *name,
                       int64_t roe)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRId64, roe);
    add_text(object, name, text);
}

/* Some fields of the status as they are. */
static void copy_fields(struct json_object *status, struct json_object *out)
{
    static const char *const fields[] = {
        "connected",  "main",      "staking",      "kpl_staking",
        "public_url", "addresses", "gateway_port", "pending"};
    struct json_object *value;

    for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
        if (json_object_object_get_ex(status, fields[i], &value))
            json_object_object_add(out, fields[i], json_object_get(value));
}

/* ---- figures ---- */

/* What the tasks' states come to. */
struct sums {
    uint64_t claimable, claiming, staked, cooling; /* roe */
    unsigned tasks, working, failed, wavering, stopped;
};

static uint64_t roe_of(struct json_object *task, const char *name)
{
    uint64_t roe;

    return json_get_u64(task, name, &roe) ? 0 : roe;
}

/* Tokens are none of KOII's sums. */
static bool is_koii(struct json_object *task)
{
    const char *token;

    return json_get_text(task, "token", &token) != 0;
}

static void add_stopped(struct json_object *list, struct sums *sums)
{
    sums->stopped = (unsigned)json_object_array_length(list);
    for (size_t i = 0; i < sums->stopped; i++) {
        struct json_object *task = json_object_array_get_idx(list, i);

        if (!is_koii(task))
            continue;
        sums->cooling += roe_of(task, "stake");
        sums->claimable += roe_of(task, "claimable");
    }
}

static struct sums sum_up(struct json_object *status)
{
    struct sums sums = {0};
    struct json_object *list;

    if (json_get_array(status, "stopped", &list) == 0)
        add_stopped(list, &sums);
    if (json_get_array(status, "tasks", &list))
        return sums;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *task = json_object_array_get_idx(list, i);
        const char *state;

        if (json_get_text(task, "state", &state))
            continue;
        sums.tasks++;
        sums.working += !strcmp(state, "running");
        sums.failed += !strcmp(state, "failed");
        sums.wavering += !strcmp(state, "backing-off");
        if (!is_koii(task))
            continue;
        sums.claimable += roe_of(task, "claimable");
        sums.claiming += roe_of(task, "claiming");
        sums.staked += roe_of(task, "stake");
    }
    err_clear();
    return sums;
}

static void copy_amount(struct json_object *status, const char *name,
                        struct json_object *out)
{
    uint64_t roe;

    if (json_get_u64(status, name, &roe))
        err_clear();
    else
        add_amount(out, name, roe);
}

/* A figure that is not known is left out. */
static void add_figures(struct json_object *status, const struct sums *sums,
                        const struct api_figures *figures,
                        struct json_object *out)
{
    struct json_object *object = json_object_new_object();

    if (figures->has_wallet)
        add_amount(object, "wallet", roe_of(status, "main_balance"));
    copy_amount(status, "staking_balance", object);
    copy_amount(status, "kpl_staking_balance", object);
    add_amount(object, "claimable", sums->claimable);
    add_amount(object, "claiming", sums->claiming);
    add_amount(object, "staked", sums->staked);
    add_amount(object, "cooling", sums->cooling);
    if (figures->has_earned) {
        add_change(object, "earned_today", figures->earned_today);
        add_change(object, "earned_yesterday", figures->earned_yesterday);
    }
    json_object_object_add(out, "figures", object);
}

/* The first that applies. */
static const char *sentence_kind(bool is_locked, bool is_connected,
                                 const struct sums *sums)
{
    if (is_locked)
        return "locked";
    if (!is_connected)
        return "settlement";
    if (sums->failed)
        return "red";
    if (sums->wavering)
        return "amber";
    if (!sums->tasks)
        return sums->stopped ? "stopped" : "none";
    return sums->working < sums->tasks ? "resting" : "well";
}

/* Which sentence stands on top of the page, and its numbers: tasks that were
 * stopped count where there are no others. */
static void add_sentence(bool is_locked, bool is_connected,
                         const struct sums *sums, struct json_object *out)
{
    struct json_object *object = json_object_new_object();

    add_text(object, "kind", sentence_kind(is_locked, is_connected, sums));
    add_number(object, "working", sums->working);
    add_number(object, "tasks", sums->tasks ? sums->tasks : sums->stopped);
    add_number(object, "need", sums->failed ? sums->failed : sums->wavering);
    json_object_object_add(out, "sentence", object);
}

static void add_store(struct json_object *status, struct json_object *out)
{
    struct json_object *object = json_object_new_object();

    add_number(object, "bytes", roe_of(status, "store_bytes"));
    add_number(object, "blocks", roe_of(status, "store_blocks"));
    json_object_object_add(out, "store", object);
}

/* What the node offers beside what every node does: each area its own. */
static void add_can(struct api *api, struct json_object *out)
{
    struct json_object *list = json_object_new_array();

    for (const struct api_area *const *area = api_areas_of(api); *area; area++)
        if ((*area)->can)
            (*area)->can(api, list);
    json_object_object_add(out, "can", list);
}

/* What a page does that nobody touches. */
static void add_idle(struct api *api, struct json_object *out)
{
    const struct api_world *world = api_world(api);
    const struct preferences *preferences =
        world->preferences ? world->preferences(api_world_user(api)) : NULL;
    struct json_object *object;

    if (!preferences || !preferences->idle_minutes)
        return;
    object = json_object_new_object();
    add_number(object, "minutes", preferences->idle_minutes);
    add_text(object, "then", preferences->idle_locks ? "lock" : "disconnect");
    json_object_object_add(out, "idle", object);
}

/* Without what changes with every slot: pages are told that each second. */
static int write_node(struct api *api, const char *id, struct json_object **out)
{
    const struct api_world *world = api_world(api);
    void *user = api_world_user(api);
    struct json_object *status = api_status(api);
    struct sums sums = sum_up(status);
    struct api_figures figures = {0};
    struct api_clock clock = {0};
    bool is_locked = world->is_locked(user);

    world->figures(user, &figures);
    world->clock(user, &clock);
    *out = json_object_new_object();
    copy_fields(status, *out);
    add_text(*out, "state",
             is_locked        ? "locked"
             : api_setup(api) ? "setup"
                              : "running");
    add_text(*out, "name", world->name(user));
    add_text(*out, "network", world->network(user));
    add_can(api, *out);
    if (clock.away_since_ms)
        add_number(*out, "away_since", clock.away_since_ms);
    add_idle(api, *out);
    add_store(status, *out);
    add_number(*out, "cpu_ms", figures.cpu_ms);
    add_number(*out, "memory", figures.memory_bytes);
    add_sentence(is_locked, clock.is_connected, &sums, *out);
    add_figures(status, &sums, &figures, *out);
    return 0;
}

static void get_node(struct api_request *request)
{
    struct api *api = request->api;
    struct json_object *node;
    struct api_clock clock = {0};
    struct buffer answer = {0};

    write_node(api, "", &node);
    api_world(api)->clock(api_world_user(api), &clock);
    add_number(node, "slot", clock.slot);
    add_number(node, "final", clock.final_slot);
    add_number(node, "slot_ms", clock.slot_ms);
    json_text(node, &answer);
    json_object_put(node);
    api_answer(request, &answer);
}

static void add_own(struct api *api, struct json_object *can)
{
    if (api_world(api)->is_sealed(api_world_user(api)))
        json_object_array_add(can, json_object_new_string("seal"));
}

static const struct api_row rows[] = {
    {"GET", "node", API_READ, get_node},
};

static const struct live_kind topics[] = {
    {.name = "node", .write = write_node}};

const struct api_area api_area_node = {
    .rows = rows,
    .row_count = sizeof(rows) / sizeof(*rows),
    .topics = topics,
    .topic_count = sizeof(topics) / sizeof(*topics),
    .can = add_own,
};
