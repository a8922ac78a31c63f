/*
 * The storage layer as a command, for unixfs.mjs:
 *
 *     unixfs_peer add STORE PROFILE CHUNK LINKS THRESHOLD PATH CAR
 *         import PATH (0: the profile's own value), write it as CAR, print
 *         the root's CID and the bytes of its DAG
 *     unixfs_peer take STORE CAR OUT
 *         import CAR, write its root to OUT
 */
#include "base/check.h"
#include "base/error.h"
#include "crypto/key.h"
#include "storage/files/unixfs_export.h"
#include "storage/files/unixfs_import.h"
#include "storage/keep/car.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static int write_piece(void *user, struct bytes piece)
{
    if (fwrite(piece.data, 1, piece.size, user) != piece.size)
        return err_errno("writing the CAR");
    return 0;
}

static int read_piece(void *user, uint8_t *data, size_t size, size_t *got)
{
    *got = fread(data, 1, size, user);
    return ferror((FILE *)user) ? err_errno("reading the CAR") : 0;
}

static uint32_t number(const char *text, uint32_t otherwise)
{
    unsigned long value = strtoul(text, NULL, 10);

    return value ? (uint32_t)value : otherwise;
}

static int add(struct store *store, char **arguments)
{
    const struct unixfs_profile *named = unixfs_profile_named(arguments[0]);
    struct unixfs_import_options options = {.hidden = true, .threads = 2};
    struct unixfs_profile profile;
    struct unixfs_entry entry;
    FILE *car = fopen(arguments[5], "wb");
    int status;

    CHECK(named && car);
    profile = *named;
    profile.chunk_bytes = number(arguments[1], profile.chunk_bytes);
    profile.links_max = number(arguments[2], profile.links_max);
    profile.hamt_threshold_bytes =
        number(arguments[3], profile.hamt_threshold_bytes);
    options.profile = &profile;
    status = unixfs_import_path(store, &options, arguments[4], &entry);
    if (!status)
        status = car_export(store, &entry.cid, write_piece, car);
    if (fclose(car) && !status)
        status = err_errno("writing the CAR");
    if (!status)
        printf("%s %" PRIu64 "\n", CID_TEXT(&entry.cid), entry.dag_bytes);
    return status;
}

static int take(struct store *store, char **arguments)
{
    static struct car_import_result result;
    FILE *car = fopen(arguments[0], "rb");
    int status;

    CHECK(car);
    status = car_import(store, read_piece, car, 0, &result);
    fclose(car);
    if (!status)
        status = unixfs_export_path(store, &result.roots[0], arguments[1]);
    return status;
}

int main(int count, char **arguments)
{
    struct store *store;
    int status;

    CHECK(count > 3);
    crypto_init();
    status = store_open(arguments[2], NULL, &store);
    if (!status) {
        if (!strcmp(arguments[1], "add") && count == 9)
            status = add(store, arguments + 3);
        else if (!strcmp(arguments[1], "take") && count == 5)
            status = take(store, arguments + 3);
        else
            status = err_set(ERR_INVALID, "see the source for how to call");
        store_close(store);
    }
    if (status)
        fprintf(stderr, "%s\n", err_text());
    return status ? 1 : 0;
}
