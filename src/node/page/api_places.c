/*
 * A node's places, as its operator sees and chooses them: what counts in place
 * of its options (owner/choice_book.h), how peers reach it, what its tasks
 * keep, the gateways it asks, whom its notices go to.
 */
#include "base/error.h"
#include "base/memory.h"
#include "base/redact.h"
#include "crypto/hash.h"
#include "node/page/api.h"

#include <stdio.h>
#include <stdlib.h>

static struct json_object *nothing(void)
{
    return json_object_new_object();
}

/* ---- choices ---- */

static void get_places(struct api_request *request)
{
    api_forward_question(request, "/settings", nothing(), NULL);
}

/* What a request chooses, until it is written down. */
struct choosing {
    struct api_request *request;
    struct {
        enum choice choice;
        char *value; /* NULL: as the node was given */
    } list[CHOICES];
    size_t count;
};

static void choosing_free(struct choosing *choosing)
{
    for (size_t i = 0; i < choosing->count; i++)
        free(choosing->list[i].value);
    free(choosing);
}

/* What is said of all of them is enough. */
static void on_one_chosen(void *user, int status)
{
}

static void on_chosen(void *user, int status)
{
    struct choosing *choosing = user;

    if (status)
        api_answer_error(choosing->request, status);
    else
        api_forward_question(choosing->request, "/settings", nothing(), NULL);
    choosing_free(choosing);
}

static void choose_all(struct choosing *choosing)
{
    struct api *api = choosing->request->api;
    const struct api_world *world = api_world(api);
    int status = world->begin_settings(api_world_user(api));

    if (status) {
        on_chosen(choosing, status);
        return;
    }
    for (size_t i = 0; !status && i < choosing->count; i++)
        status = world->choose(api_world_user(api), choosing->list[i].choice,
                               choosing->list[i].value, on_one_chosen, NULL);
    world->end_settings(api_world_user(api), status, on_chosen, choosing);
}

/* Nothing is changed where one of them is wrong. */
static int take_choice(struct choosing *choosing, const char *name,
                       struct json_object *value)
{
    enum choice choice;
    int status = choice_parse(name, &choice);

    if (!status && value && !json_object_is_type(value, json_type_string))
        status = err_set(ERR_INVALID, "\"%s\" is a text or null", name);
    const char *text = value ? json_object_get_string(value) : NULL;

    if (!status && text && strstr(text, REDACTED))
        status = err_set(ERR_INVALID, "type the URL whole: what is hidden in "
                                      "it does not come back");
    if (!status && text)
        status = choice_check(choice, text);
    if (!status && choice == CHOICE_NETWORK)
        status = err_set(ERR_INVALID, "networks are used by networks/ID/use");
    if (!status) {
        choosing->list[choosing->count].choice = choice;
        choosing->list[choosing->count++].value = mem_text(text);
    }
    return status;
}

static void patch_places(struct api_request *request)
{
    struct choosing *choosing = mem_zero(1, sizeof(*choosing));

    choosing->request = request;
    json_object_object_foreach(request->body, name, value)
    {
        if (!take_choice(choosing, name, value))
            continue;
        api_refuse(request, 400, "form", name, "%s", err_text());
        choosing_free(choosing);
        return;
    }
    choose_all(choosing);
}

/* ---- reach, storage, notices ---- */

static void get_reach(struct api_request *request)
{
    api_forward_question(request, "/reach", nothing(), NULL);
}

static void test_reach(struct api_request *request)
{
    api_forward(request, "/reach/test", nothing(), NULL);
}

static void get_storage(struct api_request *request)
{
    api_forward_question(request, "/storage", nothing(), NULL);
}

static void get_notify(struct api_request *request)
{
    api_forward_question(request, "/webhook", nothing(), NULL);
}

static void test_notify(struct api_request *request)
{
    api_forward(request, "/webhook/test", nothing(), NULL);
}

/* ---- services: the gateways ---- */

#define ID_SIZE 13

/* Of its URL: so it says nothing of a key in that. */
static void id_of(struct bytes url, char out[ID_SIZE])
{
    struct hash hash;

    hash_sha256(url, &hash);
    for (size_t i = 0; i < (ID_SIZE - 1) / 2; i++)
        snprintf(out + 2 * i, 3, "%02x", hash.bytes[i]);
}

static const char *gateways_of(struct api *api)
{
    const char *list =
        choice_book_look(api_world(api)->choices(api_world_user(api)),
                         CHOICE_GATEWAYS)
            .value;

    return list ? list : "";
}

/* The next of a list; false at its end. */
static bool next_gateway(const char **rest, struct bytes *url, char id[ID_SIZE])
{
    size_t size = strcspn(*rest, " ");

    if (!size)
        return false;
    *url = bytes_make(*rest, size);
    id_of(*url, id);
    *rest += size + strspn(*rest + size, " ");
    return true;
}

static void list_services(struct api_request *request)
{
    const char *rest = gateways_of(request->api);
    struct buffer answer = {0};
    struct json_writer writer = json_writer_make(&answer);
    struct bytes url;
    char id[ID_SIZE];

    json_open_object(&writer);
    json_name(&writer, "items");
    json_open_array(&writer);
    while (next_gateway(&rest, &url, id)) {
        char *text = mem_format("%.*s", (int)url.size, (const char *)url.data);

        json_open_object(&writer);
        json_field_text(&writer, "id", id);
        json_field_text(&writer, "kind", "gateway");
        json_field_text(&writer, "url", REDACTED_URL(text));
        json_close_object(&writer);
        free(text);
    }
    json_close_array(&writer);
    json_field_null(&writer, "next");
    json_close_object(&writer);
    api_answer(request, &answer);
}

static void on_listed(void *user, int status)
{
    struct api_request *request = user;

    if (status)
        api_answer_error(request, status);
    else
        list_services(request);
}

/* The list with this one replaced (url NULL: left out), or added at its end. */
static void change_gateways(struct api_request *request, const char *which,
                            const char *url)
{
    struct api *api = request->api;
    const char *rest = gateways_of(api);
    bool is_new = !strcmp(which, "new"), is_there = false;
    struct buffer list = {0};
    struct bytes one;
    char id[ID_SIZE], own[ID_SIZE] = "";

    if (url)
        id_of(bytes_text(url), own);
    while (next_gateway(&rest, &one, id)) {
        bool is_it = !strcmp(id, which);

        is_there |= is_it || !strcmp(id, own);
        if (is_it && url)
            one = bytes_text(url);
        if (is_it ? url != NULL : strcmp(id, own) != 0)
            buffer_format(&list, "%s%.*s", list.size ? " " : "", (int)one.size,
                          (const char *)one.data);
        else if (!is_it)
            buffer_format(&list, "%s%s", list.size ? " " : "", url);
    }
    if (is_new && !is_there)
        buffer_format(&list, "%s%s", list.size ? " " : "", url);
    int status = is_new || is_there
                     ? choice_check(CHOICE_GATEWAYS, buffer_string(&list))
                     : err_set(ERR_NOT_FOUND, "there is no such service");
    if (status && status != ERR_NOT_FOUND)
        api_refuse(request, 400, "form", "url", "%s", err_text());
    else if (status || (status = api_world(api)->choose(
                            api_world_user(api), CHOICE_GATEWAYS,
                            buffer_string(&list), on_listed, request)))
        api_answer_error(request, status);
    buffer_free(&list);
}

static void put_service(struct api_request *request)
{
    const char *url = "";
    int status = json_get_text(request->body, "url", &url);

    if (!status && (!*url || url[strcspn(url, " \t\r\n")]))
        status = err_set(ERR_INVALID, "a URL is a text without blanks");
    if (!status && strstr(url, REDACTED))
        status = err_set(ERR_INVALID, "type the URL whole: what is hidden in "
                                      "it does not come back");
    if (!status)
        status = choice_check(CHOICE_GATEWAYS, url);
    if (status)
        api_refuse(request, 400, "form", "url", "%s", err_text());
    else
        change_gateways(request, request->parts[0], url);
}

static void remove_service(struct api_request *request)
{
    change_gateways(request, request->parts[0], NULL);
}

static void test_service(struct api_request *request)
{
    const char *rest = gateways_of(request->api);
    struct bytes url;
    char id[ID_SIZE];

    while (next_gateway(&rest, &url, id)) {
        if (strcmp(id, request->parts[0]) != 0)
            continue;
        struct json_object *body = nothing();

        json_object_object_add(
            body, "url",
            json_object_new_string_len((const char *)url.data, (int)url.size));
        api_forward(request, "/gateways/test", body, NULL);
        return;
    }
    api_answer_error(request,
                     err_set(ERR_NOT_FOUND, "there is no such service"));
}

static void add_can(struct api *api, struct json_object *can)
{
    static const char *const words[] = {"places", "services", "notify"};

    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        json_object_array_add(can, json_object_new_string(words[i]));
}

static const struct api_row rows[] = {
    {"GET", "places", API_READ, get_places},
    {"PATCH", "places", API_ORDER, patch_places},
    {"GET", "reach", API_READ, get_reach},
    {"POST", "reach/test", API_ORDER, test_reach},
    {"GET", "storage", API_READ, get_storage},
    {"GET", "services", API_READ, list_services},
    {"PUT", "services/*", API_ORDER, put_service},
    {"DELETE", "services/*", API_ORDER, remove_service},
    {"POST", "services/*/test", API_ORDER, test_service},
    {"GET", "notify", API_READ, get_notify},
    {"POST", "notify/test", API_ORDER, test_notify},
};

const struct api_area api_area_places = {
    .rows = rows, .row_count = sizeof(rows) / sizeof(*rows), .can = add_can};
