#include "node/node_evidence.h"

#include "base/error.h"
#include "base/hex.h"
#include "base/memory.h"
#include "node/node_internal.h"
#include "storage/files/unixfs_export.h"
#include "storage/keep/store_async.h"

#include <stdlib.h>
#include <sys/statvfs.h>

/* Entries of a folder that are shown. */
#define ENTRIES_MAX 1000

/* ---- the list ---- */

struct found {
    struct cid cid;
    uint64_t round, until_round, until_ms, unix_ms, bytes;
    char name[PIN_NAME_MAX + 1];
};

struct finding {
    const struct pubkey *task;
    struct found *items;
    size_t count, room;
};

static int note(void *user, const struct pin *pin)
{
    struct finding *finding = user;

    if (pin->owner.kind < PIN_ROUND ||
        !pubkey_equal(&pin->owner.task, finding->task))
        return 0;
    if (finding->count == finding->room) {
        finding->room = finding->room ? 2 * finding->room : 64;
        finding->items =
            mem_resize(finding->items, finding->room * sizeof(*finding->items));
    }
    struct found *item = &finding->items[finding->count++];

    *item = (struct found){.cid = pin->root,
                           .round = pin->owner.round,
                           .until_round = retention_last_round(&pin->owner),
                           .until_ms =
                               retention_until_ms(&pin->owner, pin->unix_ms),
                           .unix_ms = pin->unix_ms,
                           .bytes = pin->bytes};
    memcpy(item->name, pin->name, sizeof(item->name));
    return 0;
}

static int compare(const void *a, const void *b)
{
    const struct found *left = a, *right = b;

    if (left->round != right->round)
        return left->round < right->round ? 1 : -1;
    return left->unix_ms < right->unix_ms   ? 1
           : left->unix_ms > right->unix_ms ? -1
                                            : 0;
}

/* Evidence of a slash is pinned for days beside the pin of its round, and comes
 * before that: it was pinned later. */
static bool is_told(const struct finding *finding, size_t at)
{
    const struct found *item = &finding->items[at];

    while (at-- && finding->items[at].round == item->round)
        if (cid_equal(&finding->items[at].cid, &item->cid))
            return true;
    return false;
}

int node_evidence_write(struct store *store, const struct pubkey *task,
                        struct buffer *out)
{
    struct finding finding = {.task = task};
    struct json_writer writer = json_writer_make(out);
    int status = pin_each(store, note, &finding);

    if (status) {
        free(finding.items);
        return status;
    }
    if (finding.count)
        qsort(finding.items, finding.count, sizeof(*finding.items), compare);
    json_open_object(&writer);
    json_name(&writer, "items");
    json_open_array(&writer);
    for (size_t i = 0; i < finding.count && i < EVIDENCE_LISTED_MAX; i++) {
        const struct found *item = &finding.items[i];

        if (is_told(&finding, i))
            continue;
        json_open_object(&writer);
        json_field_text(&writer, "cid", CID_TEXT(&item->cid));
        json_field_u64(&writer, "round", item->round);
        json_name(&writer, "name");
        json_write_bytes(&writer, bytes_text(item->name));
        json_field_u64(&writer, "bytes", item->bytes);
        json_field_u64(&writer, "at", item->unix_ms);
        if (item->until_ms != UINT64_MAX)
            json_field_u64(&writer, "until", item->until_ms);
        else
            json_field_u64(&writer, "until_round", item->until_round);
        json_close_object(&writer);
    }
    json_close_array(&writer);
    json_field_null(&writer, "next");
    json_close_object(&writer);
    free(finding.items);
    return 0;
}

/* ---- one of them ---- */

/* The last character may be cut. */
static bool is_text(struct bytes bytes, bool is_cut)
{
    size_t size = bytes.size;

    if (size && memchr(bytes.data, 0, size))
        return false;
    for (unsigned less = 0; less < (is_cut ? 4u : 1u) && less <= size; less++)
        if (bytes_is_utf8(bytes_make(bytes.data, size - less)))
            return true;
    return false;
}

static int write_file(struct store *store, const struct unixfs_entry *entry,
                      struct json_writer *writer)
{
    struct unixfs_reader *reader;
    uint8_t *data;
    size_t size = 0, got = 1;
    int status =
        unixfs_reader_open(store, &entry->cid, 0, EVIDENCE_SHOWN_MAX, &reader);

    if (status)
        return status;
    data = mem_zero(1, EVIDENCE_SHOWN_MAX);
    while (!status && got && size < EVIDENCE_SHOWN_MAX) {
        status = unixfs_reader_read(reader, data + size,
                                    EVIDENCE_SHOWN_MAX - size, &got);
        size += status ? 0 : got;
    }
    unixfs_reader_close(reader);
    if (!status) {
        bool is_cut = entry->size > size;
        struct bytes bytes = bytes_make(data, size);
        struct buffer hex = {0};

        json_field_text(writer, "type", "file");
        json_field_u64(writer, "bytes", entry->size);
        json_field_bool(writer, "cut", is_cut);
        if (is_text(bytes, is_cut)) {
            json_name(writer, "text");
            json_write_bytes(writer, bytes);
        } else {
            hex_encode(bytes, &hex);
            json_field_text(writer, "hex", buffer_string(&hex));
        }
        buffer_free(&hex);
    }
    free(data);
    return status;
}

struct listing {
    struct json_writer *writer;
    size_t count;
};

static int write_entry(void *user, struct bytes name,
                       const struct unixfs_entry *entry)
{
    struct listing *listing = user;

    if (listing->count++ >= ENTRIES_MAX)
        return 1;
    json_open_object(listing->writer);
    json_name(listing->writer, "name");
    json_write_bytes(listing->writer, name);
    json_field_u64(listing->writer, "bytes", entry->dag_bytes);
    json_close_object(listing->writer);
    return 0;
}

static int write_folder(struct store *store, const struct unixfs_entry *entry,
                        struct json_writer *writer)
{
    struct listing listing = {.writer = writer};

    json_field_text(writer, "type", "folder");
    json_name(writer, "items");
    json_open_array(writer);
    int status = unixfs_list(store, &entry->cid, write_entry, &listing);
    json_close_array(writer);
    json_field_bool(writer, "cut", status == 1);
    return status == 1 ? 0 : status;
}

static int write_link(struct store *store, const struct unixfs_entry *entry,
                      struct json_writer *writer)
{
    struct buffer target = {0};
    int status = unixfs_symlink_target(store, &entry->cid, &target);

    if (!status) {
        json_field_text(writer, "type", "link");
        json_name(writer, "text");
        json_write_bytes(writer, buffer_view(&target));
    }
    buffer_free(&target);
    return status;
}

int node_evidence_write_content(struct store *store, const char *cid,
                                const char *path, struct buffer *out)
{
    struct json_writer writer = json_writer_make(out);
    struct unixfs_entry entry;
    struct cid root;
    int status = cid_parse(bytes_text(cid), &root);

    if (!status)
        status = unixfs_resolve(store, &root, bytes_text(path), &entry);
    if (status)
        return status;
    json_open_object(&writer);
    status = entry.type == UNIXFS_DIRECTORY || entry.type == UNIXFS_HAMT
                 ? write_folder(store, &entry, &writer)
             : entry.type == UNIXFS_SYMLINK
                 ? write_link(store, &entry, &writer)
                 : write_file(store, &entry, &writer);
    if (!status)
        json_close_object(&writer);
    return status;
}

/* ---- what tasks keep ---- */

struct usage {
    struct {
        struct pubkey task;
        uint64_t bytes, pins;
    } * items;
    size_t count, room;
};

static int add_usage(void *user, const struct pin *pin)
{
    struct usage *usage = user;
    size_t at = 0;

    while (at < usage->count &&
           !pubkey_equal(&usage->items[at].task, &pin->owner.task))
        at++;
    if (at == usage->count) {
        if (at == usage->room) {
            usage->room = usage->room ? 2 * usage->room : 16;
            usage->items =
                mem_resize(usage->items, usage->room * sizeof(*usage->items));
        }
        usage->items[at].task = pin->owner.task;
        usage->items[at].bytes = usage->items[at].pins = 0;
        usage->count++;
    }
    usage->items[at].bytes += pin->bytes;
    usage->items[at].pins++;
    return 0;
}

static void write_usage(const struct usage *usage, struct json_writer *writer)
{
    json_name(writer, "tasks");
    json_open_array(writer);
    for (size_t i = 0; i < usage->count; i++) {
        static const struct pubkey none;
        const struct pubkey *task = &usage->items[i].task;

        json_open_object(writer);
        if (pubkey_equal(task, &none))
            json_field_null(writer, "task");
        else
            json_field_text(writer, "task", PUBKEY_TEXT(task));
        json_field_u64(writer, "bytes", usage->items[i].bytes);
        json_field_u64(writer, "pins", usage->items[i].pins);
        json_close_object(writer);
    }
    json_close_array(writer);
}

int node_evidence_write_usage(struct store *store, const char *folder,
                              struct buffer *out)
{
    struct json_writer writer = json_writer_make(out);
    struct usage usage = {0};
    struct store_stat stat;
    struct statvfs disk;
    int status = store_stat_quick(store, &stat);

    if (!status)
        status = pin_each(store, add_usage, &usage);
    if (!status && statvfs(folder, &disk))
        status = err_errno("%s", folder);
    if (!status) {
        json_open_object(&writer);
        json_field_text(&writer, "folder", folder);
        json_field_u64(&writer, "bytes", stat.disk_bytes);
        json_field_u64(&writer, "limit", stat.size_max_bytes);
        json_field_u64(&writer, "free",
                       (uint64_t)disk.f_bavail * disk.f_frsize);
        write_usage(&usage, &writer);
        json_close_object(&writer);
    }
    free(usage.items);
    return status;
}

/* ---- on the pool ---- */

struct look {
    struct node *node;
    struct pubkey task;
    bool is_usage;
    char *cid, *path; /* NULL: the list */
    struct buffer answer;
    node_control_answered *answered;
    void *user;
};

static int work(void *user)
{
    struct look *look = user;

    if (look->is_usage)
        return node_evidence_write_usage(
            look->node->parts.store, look->node->options.folder, &look->answer);
    return look->cid
               ? node_evidence_write_content(look->node->parts.store, look->cid,
                                             look->path, &look->answer)
               : node_evidence_write(look->node->parts.store, &look->task,
                                     &look->answer);
}

static void on_done(void *user, int status)
{
    struct look *look = user;
    struct node *node = look->node;

    if (status)
        buffer_free(&look->answer);
    look->answered(look->user, status, &look->answer);
    free(look->cid);
    free(look->path);
    free(look);
    if (!--node->looks && node->is_stopping)
        node->work_over(node);
}

static void begin(struct node *node, const struct look *look)
{
    node->looks++;
    store_async_run(node->parts.loop, work, on_done,
                    mem_copy(look, sizeof(*look)));
}

void node_evidence_list(struct node *node, const struct pubkey *task,
                        node_control_answered *answered, void *user)
{
    const struct look look = {
        .node = node, .task = *task, .answered = answered, .user = user};

    begin(node, &look);
}

void node_evidence_show(struct node *node, const char *cid, const char *path,
                        node_control_answered *answered, void *user)
{
    const struct look look = {.node = node,
                              .cid = mem_text(cid),
                              .path = mem_text(path),
                              .answered = answered,
                              .user = user};

    begin(node, &look);
}

void node_evidence_usage(struct node *node, node_control_answered *answered,
                         void *user)
{
    const struct look look = {
        .node = node, .is_usage = true, .answered = answered, .user = user};

    begin(node, &look);
}
