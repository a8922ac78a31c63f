/*
 * A topic of data is compared with what it was at the last look, and what has
 * changed goes to all who watch it. A topic with a feed is read on a thread of
 * the pool; what was read goes out on the loop.
 */
#include "node/page/live_state.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "node/page/merge_patch.h"

#include <inttypes.h>
#include <stdlib.h>

/* Lines in a message, and messages from one tick to the next, of which there
 * are two a second. */
#define FEED_LINES 200
#define FEED_READS 5

/* ---- which there are ---- */

static const struct live_kind *find_kind(const struct api *api,
                                         const char *name, const char **id)
{
    for (const struct api_area *const *area = api_areas_of(api); *area; area++)
        for (size_t i = 0; i < (*area)->topic_count; i++) {
            const struct live_kind *kind = &(*area)->topics[i];
            size_t size = strlen(kind->name);

            if (kind->name[size - 1] == '/'
                    ? strncmp(name, kind->name, size) || !name[size]
                    : strcmp(name, kind->name) != 0)
                continue;
            *id = name + size;
            return kind;
        }
    return NULL;
}

static struct live_topic *find_topic(struct live *live, const char *name)
{
    for (struct live_topic *topic = live->topics; topic; topic = topic->next)
        if (topic->watchers && !strcmp(topic->name, name))
            return topic;
    return NULL;
}

static void free_topic(struct live_topic *topic)
{
    struct live_topic **at = &topic->live->topics;

    while (*at != topic)
        at = &(*at)->next;
    *at = topic->next;
    if (topic->feed)
        topic->kind->feed->close(topic->feed);
    json_object_put(topic->data);
    buffer_free(&topic->lines);
    free(topic->name);
    free(topic);
}

static void free_if_unwatched(struct live_topic *topic)
{
    if (!topic->watchers && !topic->is_reading)
        free_topic(topic);
}

/* ---- data ---- */

static void write_data(const struct live_topic *topic, const char *type,
                       struct json_object *data, struct buffer *out)
{
    struct json_writer writer = json_writer_make(out);

    json_open_object(&writer);
    json_field_text(&writer, "type", type);
    json_field_text(&writer, "topic", topic->name);
    json_field_u64(&writer, "seq", topic->seq);
    json_name(&writer, "data");
    struct buffer text = {0};
    json_text(data, &text);
    json_write_raw(&writer, buffer_view(&text));
    buffer_free(&text);
    json_close_object(&writer);
}

static void send_to_all(struct live_topic *topic, struct bytes message)
{
    for (struct live_page *page = topic->live->pages; page; page = page->next)
        if (live_page_hears(page, topic))
            live_send(page, message);
}

/* Its data as it is now, and what has changed to those who have the old one. */
static int look(struct live_topic *topic)
{
    struct json_object *data = NULL, *patch;
    struct buffer message = {0};
    int status = topic->kind->write(topic->live->api, topic->id, &data);

    topic->looked_ms = uv_now(topic->live->loop);
    if (status)
        return status;
    patch = topic->data ? merge_patch_make(topic->data, data) : NULL;
    if (!topic->data)
        topic->seq = 1;
    json_object_put(topic->data);
    topic->data = data;
    if (!patch)
        return 0;
    topic->seq++;
    write_data(topic, "patch", patch, &message);
    json_object_put(patch);
    send_to_all(topic, buffer_view(&message));
    buffer_free(&message);
    return 0;
}

static void send_snapshot(struct live_page *page, struct live_topic *topic)
{
    struct buffer message = {0};

    if (!topic->data)
        return;
    write_data(topic, "snapshot", topic->data, &message);
    live_send(page, buffer_view(&message));
    buffer_free(&message);
}

/* ---- feeds ---- */

static void read_feed(uv_work_t *work)
{
    struct live_topic *topic = work->data;
    struct json_writer writer = json_writer_make(&topic->lines);

    json_open_array(&writer);
    topic->line_count = 0;
    topic->dropped = 0;
    topic->status =
        topic->kind->feed->read(topic->feed, FEED_LINES, !topic->reads_left,
                                &writer, &topic->line_count, &topic->dropped);
    json_close_array(&writer);
}

static void begin_reading(struct live_topic *topic);

static void say_lines(struct live_topic *topic)
{
    struct buffer message = {0};
    struct json_writer writer = json_writer_make(&message);

    json_open_object(&writer);
    json_field_text(&writer, "type", "log");
    json_field_text(&writer, "topic", topic->name);
    json_name(&writer, "lines");
    json_write_raw(&writer, buffer_view(&topic->lines));
    json_field_u64(&writer, "dropped", topic->dropped);
    json_close_object(&writer);
    send_to_all(topic, buffer_view(&message));
    buffer_free(&message);
}

static void on_read(uv_work_t *work, int cancelled)
{
    struct live_topic *topic = work->data;
    struct live *live = topic->live;

    topic->is_reading = false;
    live->open--;
    if (!topic->status && (topic->line_count || topic->dropped))
        say_lines(topic);
    if (topic->watchers && !topic->status && topic->line_count == FEED_LINES &&
        topic->reads_left)
        begin_reading(topic);
    free_if_unwatched(topic);
    live_free_if_done(live);
}

static void begin_reading(struct live_topic *topic)
{
    topic->reads_left--;
    topic->is_reading = true;
    topic->live->open++;
    topic->work.data = topic;
    buffer_clear(&topic->lines);
    CHECK(!uv_queue_work(topic->live->loop, &topic->work, read_feed, on_read));
}

/* ---- watching ---- */

static bool is_heard(const struct live_topic *topic)
{
    for (const struct live_page *page = topic->live->pages; page;
         page = page->next)
        if (live_page_hears(page, topic))
            return true;
    return false;
}

static bool is_due(const struct live_topic *topic)
{
    return uv_now(topic->live->loop) - topic->looked_ms >=
           topic->kind->every_ms;
}

/* What is gone (a task that was archived) leaves its last state with those who
 * have it. */
void live_topic_tick(struct live *live)
{
    for (struct live_topic *topic = live->topics; topic; topic = topic->next) {
        if (!is_heard(topic))
            continue;
        if (topic->feed) {
            topic->reads_left = FEED_READS;
            if (!topic->is_reading)
                begin_reading(topic);
        } else if (is_due(topic) && look(topic)) {
            err_clear();
        }
    }
}

static int make_topic(struct live *live, const char *name,
                      struct live_topic **out)
{
    struct live_topic *topic;
    const char *id;
    const struct live_kind *kind = find_kind(live->api, name, &id);
    int status = 0;

    if (!kind)
        return err_set(ERR_NOT_FOUND, "there is no such topic");
    topic = mem_zero(1, sizeof(*topic));
    topic->live = live;
    topic->kind = kind;
    topic->name = mem_text(name);
    topic->id = topic->name + (id - name);
    topic->next = live->topics;
    live->topics = topic;
    if (kind->feed)
        status = kind->feed->open(live->api, topic->id, &topic->feed);
    if (status) {
        free_topic(topic);
        return status;
    }
    *out = topic;
    return 0;
}

static bool watches(const struct live_page *page, const char *name)
{
    for (size_t i = 0; i < page->topic_count; i++)
        if (!strcmp(page->topics[i]->name, name))
            return true;
    return false;
}

/* A page that watches a topic again has missed something of it, and gets all of
 * it. */
void live_topic_watch(struct live_page *page, const char *name)
{
    struct live *live = page->live;
    struct live_topic *topic = find_topic(live, name);
    int status = 0;

    if (!watches(page, name) && page->topic_count == LIVE_TOPICS_MAX) {
        live_send_error(page, "limit", name, "too many topics");
        return;
    }
    if (!topic)
        status = make_topic(live, name, &topic);
    if (!status && !topic->feed)
        status = look(topic);
    if (status) {
        live_send_error(page, "topic", name, err_text());
        if (topic)
            free_if_unwatched(topic);
        return;
    }
    if (!watches(page, name)) {
        page->topics[page->topic_count++] = topic;
        topic->watchers++;
    }
    send_snapshot(page, topic);
}

static void unwatch_at(struct live_page *page, size_t place)
{
    struct live_topic *topic = page->topics[place];

    page->topics[place] = page->topics[--page->topic_count];
    topic->watchers--;
    free_if_unwatched(topic);
}

void live_topic_unwatch(struct live_page *page, const char *name)
{
    for (size_t i = 0; i < page->topic_count; i++)
        if (!strcmp(page->topics[i]->name, name)) {
            unwatch_at(page, i);
            return;
        }
}

void live_topic_unwatch_all(struct live_page *page)
{
    while (page->topic_count)
        unwatch_at(page, page->topic_count - 1);
}

void live_topic_show_all(struct live_page *page)
{
    for (size_t i = 0; i < page->topic_count; i++) {
        struct live_topic *topic = page->topics[i];

        if (!topic->feed && look(topic))
            err_clear();
        send_snapshot(page, topic);
    }
}
