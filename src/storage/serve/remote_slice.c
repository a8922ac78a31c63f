/*
 * Each block costs a look into the index; those with links are read, those that
 * came are hashed and appended.
 */
#include "storage/serve/remote_slice.h"
#include "base/check.h"
#include "storage/format/dag_links.h"
#include "storage/keep/dag_walk.h"

#include <stdio.h>
#include <stdlib.h>

void remote_slice_free(struct want *want)
{
    buffer_free(&want->data);
    buffer_free(&want->links);
    free(want);
}

/* The text crosses threads in the want. */
static void fail(struct want *want, enum want_state state, int status)
{
    want->state = state;
    want->status = status;
    snprintf(want->error, sizeof(want->error), "%s", err_text());
}

/* dag_links() calls this. */
static int add_link(void *user, const struct cid *link)
{
    struct want *want = user;

    buffer_append(&want->links, link, sizeof(*link));
    return 0;
}

/* A block that is no longer what it was counts as absent: it can be had
 * again. Most blocks are raw leaves, which need not be read. */
static void look(struct store *store, struct want *want)
{
    int status = 0;

    want->state = WANT_ABSENT;
    if (!store_has(store, &want->cid, &want->size))
        return;
    if (dag_walk_has_links(&want->cid)) {
        status = store_get(store, &want->cid, &want->data);
        if (status == ERR_NOT_FOUND || status == ERR_CORRUPT)
            return;
        if (!status)
            status =
                dag_links(&want->cid, buffer_view(&want->data), add_link, want);
        buffer_free(&want->data);
    }
    if (status)
        fail(want, WANT_FAILED, status);
    else
        want->state = WANT_PRESENT;
}

/* The hash makes it safe to ask strangers. Links are followed only after the
 * check. */
static void take(struct store *store, struct want *want)
{
    int status = cid_verify(&want->cid, buffer_view(&want->data));

    if (status) {
        fail(want, WANT_LIE, status);
    } else {
        status = store_put_hashed(store, &want->cid, buffer_view(&want->data));
        if (!status)
            status =
                dag_links(&want->cid, buffer_view(&want->data), add_link, want);
        if (status)
            fail(want, WANT_FAILED, status);
        else
            want->state = WANT_STORED;
    }
    buffer_free(&want->data);
}

void remote_slice_work(struct store *store, struct want *list)
{
    for (struct want *want = list; want; want = want->next) {
        CHECK(want->state == WANT_LOOK || want->state == WANT_ARRIVED);
        if (want->state == WANT_LOOK)
            look(store, want);
        else
            take(store, want);
    }
}
