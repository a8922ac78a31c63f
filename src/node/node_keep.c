#include "node/node_keep.h"

#include "base/memory.h"
#include "node/node_internal.h"
#include "storage/files/unixfs_import.h"
#include "storage/keep/pin.h"
#include "storage/keep/store_async.h"

#include <stdlib.h>

int node_keep_import(struct store *store, const char *path, const char *name,
                     struct buffer *out)
{
    const struct pin_owner owner = retention_user();
    struct store_hold *hold = store_hold(store);
    struct unixfs_entry root;
    int status = unixfs_import_path(store, NULL, path, &root);

    if (!status)
        status = pin_add(store, &root.cid, &owner, name);
    store_release(hold);
    if (status)
        return status;
    struct json_writer writer = json_writer_make(out);
    json_open_object(&writer);
    json_field_text(&writer, "cid", CID_TEXT(&root.cid));
    json_close_object(&writer);
    return 0;
}

struct keeping {
    struct node *node;
    char *path, *name;
    struct buffer answer;
    node_control_answered *answered;
    void *user;
};

static int work(void *user)
{
    struct keeping *keeping = user;

    return node_keep_import(keeping->node->parts.store, keeping->path,
                            keeping->name, &keeping->answer);
}

static void on_done(void *user, int status)
{
    struct keeping *keeping = user;
    struct node *node = keeping->node;

    if (status)
        buffer_free(&keeping->answer);
    keeping->answered(keeping->user, status, &keeping->answer);
    free(keeping->path);
    free(keeping->name);
    free(keeping);
    if (!--node->looks && node->is_stopping)
        node->work_over(node);
}

void node_keep(struct node *node, const char *path, const char *name,
               node_control_answered *answered, void *user)
{
    const struct keeping keeping = {.node = node,
                                    .path = mem_text(path),
                                    .name = mem_text(name),
                                    .answered = answered,
                                    .user = user};

    node->looks++;
    store_async_run(node->parts.loop, work, on_done,
                    mem_copy(&keeping, sizeof(keeping)));
}
