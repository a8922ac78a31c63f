/*
 * What an API and its requests hold, for everybody in the room: its parts, the
 * end of a request, the end of the API.
 */
#include "node/page/api_state.h"

#include "base/check.h"
#include "base/clock.h"

#include <sodium.h>
#include <stdlib.h>

/* Uses of sessions are written no more often. */
#define USES_WRITTEN_MS (3600ull * 1000)

void api_random(uint8_t *out, size_t count)
{
    randombytes_buf(out, count * SESSION_SECRET_BYTES);
}

void api_write_sessions(struct api *api, api_done *done, void *user)
{
    api->written_ms = clock_unix_ms();
    sessions_file_write(api->file, api->sessions, done, user);
}

/* Uses need not be exact to the hour. */
void api_note_use(struct api *api)
{
    if (clock_unix_ms() - api->written_ms >= USES_WRITTEN_MS)
        api_write_sessions(api, NULL, NULL);
}

void api_forget_status(struct api *api)
{
    json_object_put(api->status);
    api->status = NULL;
}

void api_free_if_done(struct api *api)
{
    void (*closed)(void *) = api->closed;
    void *user = api->closed_user;

    if (!closed || api->parts_open || api->open)
        return;
    json_object_put(api->status);
    doctor_free(api->doctor);
    command_jobs_free(api->command_jobs);
    api_repeats_free(api->repeats);
    sessions_free(api->sessions);
    free(api->build);
    free(api->folder);
    api->magic = 0;
    free(api);
    closed(user);
}

/* Texts of a body may be passphrases. json-c keeps them in its tree, where they
 * are overwritten before it is freed. */
static void wipe(struct json_object *value)
{
    switch (json_object_get_type(value)) {
    case json_type_string:
        sodium_memzero((char *)(uintptr_t)json_object_get_string(value),
                       (size_t)json_object_get_string_len(value));
        break;
    case json_type_array:
        for (size_t i = 0; i < json_object_array_length(value); i++)
            wipe(json_object_array_get_idx(value, i));
        break;
    case json_type_object: {
        json_object_object_foreach(value, name, inner)
        {
            (void)name;
            wipe(inner);
        }
        break;
    }
    default:
        break;
    }
}

void api_take_body(struct api_request *request, struct json_object *body)
{
    wipe(request->body);
    json_object_put(request->body);
    request->body = body;
}

static void free_request(struct api_request *request)
{
    api_take_body(request, NULL);
    free((char *)(uintptr_t)request->key);
    for (size_t i = 0; i < API_PARTS_MAX; i++)
        free((char *)(uintptr_t)request->parts[i]);
    free(request);
}

void api_request_end(struct api_request *request)
{
    struct api *api = request->api;

    if (request->previous)
        request->previous->next = request->next;
    else
        api->open = request->next;
    if (request->next)
        request->next->previous = request->previous;
    if (api->exclusive == request)
        api->exclusive = NULL;
    free_request(request);
    api_free_if_done(api);
}

/* ---- for handlers ---- */

bool api_take_question(struct api *api)
{
    return rate_take(&api->questions, uv_now(api->options.loop), 1);
}

bool api_begin_report(struct api *api)
{
    bool is_free = !api->is_reporting;

    api->is_reporting = true;
    return is_free;
}

void api_end_report(struct api *api)
{
    CHECK(api->is_reporting);
    api->is_reporting = false;
}

const struct api_world *api_world(const struct api *api)
{
    return api->options.world;
}

void *api_world_user(const struct api *api)
{
    return api->options.user;
}

struct setup *api_setup(const struct api *api)
{
    const struct api_world *world = api->options.world;

    return world->setup ? world->setup(api->options.user) : NULL;
}

struct live *api_live(const struct api *api)
{
    return api->live;
}

struct doctor *api_doctor(const struct api *api)
{
    return api->doctor;
}

struct own_commands *api_commands(const struct api *api)
{
    return api->commands;
}

struct command_jobs *api_command_jobs(const struct api *api)
{
    return api->command_jobs;
}

struct sessions *api_sessions(const struct api *api)
{
    return api->sessions;
}

uv_loop_t *api_loop(const struct api *api)
{
    return api->options.loop;
}

const char *api_folder(const struct api *api)
{
    return api->folder;
}

const struct api_area *const *api_areas_of(const struct api *api)
{
    return api->options.areas;
}
