/*
 * LMDB with Pond's errors, checks, and the few calls that are used. LMDB has
 * what the ledger and the stores need: ordered keys, readers that never wait,
 * one fsync a commit, and no log to replay after a crash. Its price is one
 * writer at a time, and a file that grows and never shrinks.
 *
 * This adds little: tables by number instead of by handle, Pond's codes with
 * the path in the message, and CHECKs against a wrong use of transactions and
 * cursors. Duplicate keys and nested transactions are left out, because nothing
 * uses them.
 */
#include "base/rows.h"

#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/rows_fault.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

/* "rows". */
#define ROWS_MAGIC 0x726f7773u
/* Address space, not memory or disk: the file grows as rows come. 1 TiB is far
 * more than a ledger will hold, and 1/128 of what an x86-64 process has. LMDB
 * can't grow the map while transactions run, so it is never too soon. */
#ifdef __SANITIZE_THREAD__
/* ThreadSanitizer keeps most of the address space for itself. */
#define SIZE_MAX_DEFAULT ((uint64_t)1 << 36)
#else
#define SIZE_MAX_DEFAULT (sizeof(size_t) > 4 ? (uint64_t)1 << 40 : 1u << 30)
#endif
/* LMDB's own table of free pages, which has no name: the handle that mdb_stat
 * uses. Each row's value is a list of pages that begins with their number. */
#define FREE_PAGES 0
/* Readers at one time: RPC threads, the loop, long walks. A slot is 64 bytes.
 */
#define READERS_MAX 510

/* 1. table_count tables are open, for as long as the environment is.
 * 2. Handles are written only in rows_open(), so threads share them. */
struct rows {
    unsigned magic;
    MDB_env *env;
    MDB_dbi tables[ROWS_TABLES_MAX];
    int table_count;
    /* The data file's mapping; NULL until it is open. */
    const void *map;
    /* The folder's path, for error texts. */
    char *path;
};

/* Freed by rows_commit() or rows_abort(), whichever comes. */
struct rows_view {
    struct rows *rows;
    MDB_txn *txn;
    /* Puts and deletes are CHECKed against it. */
    bool writes;
};

/* LMDB's cursors seek first and step then; this one is only asked for the next
 * row. So the row found by seeking waits in key and value. */
struct rows_cursor {
    MDB_cursor *cursor;
    /* MDB_NEXT or MDB_PREV. */
    MDB_cursor_op next;
    /* The first row is found but not handed out yet. */
    bool at_first;
    /* Nothing more comes; never together with at_first. */
    bool at_end;
    /* The last row found, inside the data file. */
    MDB_val key, value;
};

/* Here LMDB's cursor keeps the way down to the page of the last put. */
struct rows_writer {
    struct rows_view *view;
    MDB_cursor *cursor;
};

/* Turn a code of LMDB into Pond's, with a text. doing says what was tried and
 * begins the message. A code that isn't listed came from a system call. */
static int failed(struct rows *rows, int code, const char *doing)
{
    static const struct {
        int theirs, ours;
    } codes[] = {
        {MDB_MAP_FULL, ERR_FULL},
        {ENOSPC, ERR_FULL},
        {EDQUOT, ERR_FULL},
        {EFBIG, ERR_FULL},
        {MDB_CORRUPTED, ERR_CORRUPT},
        {MDB_PAGE_NOTFOUND, ERR_CORRUPT},
        {MDB_INVALID, ERR_CORRUPT},
        {MDB_VERSION_MISMATCH, ERR_CORRUPT},
        {MDB_READERS_FULL, ERR_LIMIT},
        {MDB_BAD_VALSIZE, ERR_RANGE},
        {EAGAIN, ERR_BUSY},
        {EACCES, ERR_DENIED},
        {MDB_NOTFOUND, ERR_NOT_FOUND},
        {ENOENT, ERR_NOT_FOUND},
    };
    int status = ERR_IO;
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (codes[i].theirs == code)
            status = codes[i].ours;
    return err_set(status, "%s %s: %s", doing, rows->path, mdb_strerror(code));
}

/* A transaction of its own, and the only one that opens tables: LMDB wants
 * handles opened by one thread, and those of an aborted transaction are closed
 * again. */
static int open_tables(struct rows *rows, const struct rows_options *options)
{
    MDB_txn *txn;
    int code = mdb_txn_begin(rows->env, NULL,
                             options->read_only ? MDB_RDONLY : 0, &txn);
    if (code)
        return failed(rows, code, "opening the tables of");
    for (int i = 0; options->tables[i]; i++) {
        CHECK(i < ROWS_TABLES_MAX);
        code =
            mdb_dbi_open(txn, options->tables[i],
                         options->read_only ? 0 : MDB_CREATE, &rows->tables[i]);
        if (code) {
            mdb_txn_abort(txn);
            return failed(rows, code, "opening a table of");
        }
        rows->table_count = i + 1;
    }
    code = mdb_txn_commit(txn);
    return code ? failed(rows, code, "opening the tables of") : 0;
}

/* Watch the mapping of the data file. LMDB never moves it and does not say
 * where it is, so the kernel's list of mappings is read. If the mapping is not
 * found, only the message of a fault is missing. */
static void watch(struct rows *rows)
{
    char line[PATH_MAX + 256], file[PATH_MAX];
    uintptr_t begin, end;
    int at;
    FILE *maps = fopen("/proc/self/maps", "re");
    if (!maps)
        return;
    if (realpath(rows->path, file)) {
        size_t size = strlen(file);
        snprintf(file + size, sizeof(file) - size, "/data.mdb\n");
        while (!rows->map && fgets(line, sizeof(line), maps)) {
            if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %*s %*s %*s %*s %n",
                       &begin, &end, &at) == 2 &&
                !strcmp(line + at, file)) {
                rows->map = (const void *)begin;
                rows_fault_watch(rows->map, end - begin, rows->path);
            }
        }
    }
    fclose(maps);
}

/* How many pages from first on are free. ERR_CORRUPT if a list of free pages is
 * malformed. */
static int count_free_pages(struct rows *rows, size_t first, size_t *out)
{
    MDB_txn *txn;
    MDB_cursor *cursor;
    MDB_val key, value;
    *out = 0;
    int code = mdb_txn_begin(rows->env, NULL, MDB_RDONLY, &txn);
    if (code)
        return failed(rows, code, "opening");
    code = mdb_cursor_open(txn, FREE_PAGES, &cursor);
    if (code) {
        mdb_txn_abort(txn);
        return failed(rows, code, "opening");
    }
    while (!(code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT))) {
        const size_t *pages = value.mv_data;
        size_t room = value.mv_size / sizeof(*pages);
        if (!room || pages[0] > room - 1) {
            code = MDB_CORRUPTED;
            break;
        }
        for (size_t i = 1; i <= pages[0]; i++)
            *out += pages[i] >= first;
    }
    mdb_cursor_close(cursor);
    mdb_txn_abort(txn);
    return code == MDB_NOTFOUND ? 0 : failed(rows, code, "opening");
}

/* Is all there that is in use? Else it would be found out where a page is read,
 * which may be late: until then a writer would add to a file with a hole in it.
 * A file may end early and be whole, for LMDB does not write pages that were
 * taken and given back within one transaction; those are free. One that another
 * process is adding to meanwhile is not cut off either. */
static int check_size(struct rows *rows)
{
    MDB_envinfo info;
    MDB_stat about;
    struct stat file, later;
    int fd;
    size_t free_pages;
    mdb_env_info(rows->env, &info);
    mdb_env_stat(rows->env, &about);
    if (mdb_env_get_fd(rows->env, &fd) || fstat(fd, &file))
        return failed(rows, errno, "looking at");
    size_t there = (size_t)file.st_size / about.ms_psize;
    if (there > info.me_last_pgno)
        return 0;
    int status = count_free_pages(rows, there, &free_pages);
    if (status || free_pages > info.me_last_pgno - there)
        return status;
    if (fstat(fd, &later) || later.st_size != file.st_size)
        return 0;
    return err_set(ERR_CORRUPT,
                   "%s/data.mdb can't be read: it was cut off at %zu of %zu "
                   "pages; nothing was changed. Put a copy or a snapshot in "
                   "its place",
                   rows->path, there, info.me_last_pgno + 1);
}

static void close_environment(struct rows *rows)
{
    if (rows->map)
        rows_fault_forget(rows->map);
    mdb_env_close(rows->env);
}

/* Folder, environment, tables, in that order; undone in reverse. A writer makes
 * what is missing, a reader makes nothing. */
int rows_open(const char *path, const struct rows_options *options,
              struct rows **out)
{
    struct rows *rows = mem_zero(1, sizeof(*rows));
    rows->magic = ROWS_MAGIC;
    rows->path = mem_text(path);
    uint64_t size = options->size_max_bytes;
    /* NOTLS: a reader belongs to its view and not to its thread, so one thread
     * may hold several. */
    unsigned flags = MDB_NOTLS | (options->read_only ? MDB_RDONLY : 0);
    int status = options->read_only ? 0 : file_make_folder(path, 0700);
    if (status)
        goto err0;
    int code = mdb_env_create(&rows->env);
    if (code) {
        status = failed(rows, code, "opening");
        goto err0;
    }
    /* All three before mdb_env_open(), or they have no effect. */
    mdb_env_set_maxdbs(rows->env, ROWS_TABLES_MAX);
    mdb_env_set_maxreaders(rows->env, READERS_MAX);
    mdb_env_set_mapsize(rows->env, size ? size : SIZE_MAX_DEFAULT);
    code = mdb_env_open(rows->env, path, flags, 0600);
    if (code) {
        status = failed(rows, code, "opening");
        goto err1;
    }
    watch(rows);
    status = check_size(rows);
    if (status)
        goto err1;
    /* The readers of a killed process would pin pages for ever. */
    int dead;
    mdb_reader_check(rows->env, &dead);
    status = open_tables(rows, options);
    if (status)
        goto err1;
    *out = rows;
    return 0;
err1:
    close_environment(rows);
err0:
    free(rows->path);
    free(rows);
    return status;
}

void rows_close(struct rows *rows)
{
    if (!rows)
        return;
    CHECK_MAGIC(rows, ROWS_MAGIC);
    close_environment(rows);
    free(rows->path);
    rows->magic = 0;
    free(rows);
}

/* A writer waits here for the writer before it, in this process or another. */
static int begin(struct rows *rows, bool writes, struct rows_view **out)
{
    CHECK_MAGIC(rows, ROWS_MAGIC);
    MDB_txn *txn;
    int code = mdb_txn_begin(rows->env, NULL, writes ? 0 : MDB_RDONLY, &txn);
    if (code)
        return failed(rows, code, "beginning a transaction in");
    struct rows_view *view = mem_alloc(sizeof(*view));
    *view = (struct rows_view){.rows = rows, .txn = txn, .writes = writes};
    *out = view;
    return 0;
}

int rows_read(struct rows *rows, struct rows_view **out)
{
    return begin(rows, false, out);
}

int rows_write(struct rows *rows, struct rows_view **out)
{
    return begin(rows, true, out);
}

/* LMDB says EIO also when only a part fits on the disk. */
static bool is_disk_full(const struct rows *rows)
{
    struct statvfs disk;
    int fd;
    return !mdb_env_get_fd(rows->env, &fd) && !fstatvfs(fd, &disk) &&
           disk.f_bavail == 0;
}

int rows_commit(struct rows_view *view)
{
    struct rows *rows = view->rows;
    /* Frees the transaction whether it succeeds or not: no abort after it. */
    int code = mdb_txn_commit(view->txn);
    free(view);
    if (code == EIO && is_disk_full(rows))
        code = ENOSPC;
    return code ? failed(rows, code, "committing to") : 0;
}

void rows_abort(struct rows_view *view)
{
    if (!view)
        return;
    mdb_txn_abort(view->txn);
    free(view);
}

/* Tables are enums of the caller: a number out of range is a mistake. */
static MDB_dbi table_of(struct rows_view *view, int table)
{
    CHECK(table >= 0 && table < view->rows->table_count);
    return view->rows->tables[table];
}

/* LMDB's struct serves for input and output and so isn't const; it doesn't
 * write to keys and values that it is given. */
static MDB_val val_of(struct bytes bytes)
{
    return (MDB_val){.mv_size = bytes.size, .mv_data = (void *)bytes.data};
}

int rows_get(struct rows_view *view, int table, struct bytes key,
             struct bytes *value)
{
    MDB_val k = val_of(key), v;
    /* Such a row can't be there: a search for bytes from outside needs no check
     * before it. */
    if (!key.size || key.size > ROWS_KEY_SIZE_MAX)
        return ERR_NOT_FOUND;
    int code = mdb_get(view->txn, table_of(view, table), &k, &v);
    if (code == MDB_NOTFOUND)
        return ERR_NOT_FOUND;
    if (code)
        return failed(view->rows, code, "reading");
    *value = bytes_make(v.mv_data, v.mv_size);
    return 0;
}

int rows_put(struct rows_view *view, int table, struct bytes key,
             struct bytes value)
{
    CHECK(view->writes);
    CHECK(key.size && key.size <= ROWS_KEY_SIZE_MAX);
    MDB_val k = val_of(key), v = val_of(value);
    int code = mdb_put(view->txn, table_of(view, table), &k, &v, 0);
    return code ? failed(view->rows, code, "writing") : 0;
}

int rows_reserve(struct rows_view *view, int table, struct bytes key,
                 size_t size, uint8_t **value)
{
    CHECK(view->writes);
    CHECK(key.size && key.size <= ROWS_KEY_SIZE_MAX);
    MDB_val k = val_of(key), v = {.mv_size = size};
    int code = mdb_put(view->txn, table_of(view, table), &k, &v, MDB_RESERVE);
    if (code)
        return failed(view->rows, code, "writing");
    *value = v.mv_data;
    return 0;
}

int rows_delete(struct rows_view *view, int table, struct bytes key)
{
    CHECK(view->writes);
    CHECK(key.size && key.size <= ROWS_KEY_SIZE_MAX);
    MDB_val k = val_of(key);
    int code = mdb_del(view->txn, table_of(view, table), &k, NULL);
    if (code == MDB_NOTFOUND)
        return ERR_NOT_FOUND;
    return code ? failed(view->rows, code, "deleting from") : 0;
}

int rows_count(struct rows_view *view, int table, uint64_t *out)
{
    MDB_stat stat;
    int code = mdb_stat(view->txn, table_of(view, table), &stat);
    if (code)
        return failed(view->rows, code, "counting");
    *out = stat.ms_entries;
    return 0;
}

/* Stand on the first row of an upward walk from start. */
static int seek_up(struct rows_cursor *cursor, struct bytes start)
{
    cursor->key = val_of(start);
    return mdb_cursor_get(cursor->cursor, &cursor->key, &cursor->value,
                          start.size ? MDB_SET_RANGE : MDB_FIRST);
}

/* Stand on the first row of a downward walk: LMDB seeks to the least key that
 * is ≥ start, so step back unless that is start itself. */
static int seek_down(struct rows_cursor *cursor, struct bytes start)
{
    if (!start.size)
        return mdb_cursor_get(cursor->cursor, &cursor->key, &cursor->value,
                              MDB_LAST);
    int code = seek_up(cursor, start);
    if (code == MDB_NOTFOUND)
        return mdb_cursor_get(cursor->cursor, &cursor->key, &cursor->value,
                              MDB_LAST);
    struct bytes found = bytes_make(cursor->key.mv_data, cursor->key.mv_size);
    if (code || bytes_equal(found, start))
        return code;
    return mdb_cursor_get(cursor->cursor, &cursor->key, &cursor->value,
                          MDB_PREV);
}

/* A table without a fitting row is no error: the walk is at its end. */
static int open_cursor(struct rows_view *view, int table, struct bytes start,
                       bool down, struct rows_cursor **out)
{
    struct rows_cursor *cursor = mem_zero(1, sizeof(*cursor));
    int code =
        mdb_cursor_open(view->txn, table_of(view, table), &cursor->cursor);
    if (code) {
        free(cursor);
        return failed(view->rows, code, "walking");
    }
    cursor->next = down ? MDB_PREV : MDB_NEXT;
    code = down ? seek_down(cursor, start) : seek_up(cursor, start);
    if (code && code != MDB_NOTFOUND) {
        rows_cursor_close(cursor);
        return failed(view->rows, code, "walking");
    }
    cursor->at_end = code == MDB_NOTFOUND;
    cursor->at_first = !cursor->at_end;
    *out = cursor;
    return 0;
}

int rows_cursor_open(struct rows_view *view, int table, struct bytes start,
                     struct rows_cursor **out)
{
    return open_cursor(view, table, start, false, out);
}

int rows_cursor_open_down(struct rows_view *view, int table, struct bytes start,
                          struct rows_cursor **out)
{
    return open_cursor(view, table, start, true, out);
}

int rows_cursor_next(struct rows_cursor *cursor, struct bytes *key,
                     struct bytes *value)
{
    if (cursor->at_end)
        return ERR_NOT_FOUND;
    if (!cursor->at_first) {
        int code = mdb_cursor_get(cursor->cursor, &cursor->key, &cursor->value,
                                  cursor->next);
        cursor->at_end = code == MDB_NOTFOUND;
        if (cursor->at_end)
            return ERR_NOT_FOUND;
        if (code)
            return err_set(ERR_IO, "walking rows: %s", mdb_strerror(code));
    }
    cursor->at_first = false;
    *key = bytes_make(cursor->key.mv_data, cursor->key.mv_size);
    *value = bytes_make(cursor->value.mv_data, cursor->value.mv_size);
    return 0;
}

void rows_cursor_close(struct rows_cursor *cursor)
{
    if (!cursor)
        return;
    mdb_cursor_close(cursor->cursor);
    free(cursor);
}

int rows_writer_open(struct rows_view *view, int table,
                     struct rows_writer **out)
{
    CHECK(view->writes);
    MDB_cursor *cursor;
    int code = mdb_cursor_open(view->txn, table_of(view, table), &cursor);
    if (code)
        return failed(view->rows, code, "writing to");
    struct rows_writer *writer = mem_alloc(sizeof(*writer));
    *writer = (struct rows_writer){.view = view, .cursor = cursor};
    *out = writer;
    return 0;
}

static int write_row(struct rows_writer *writer, struct bytes key,
                     struct bytes value, unsigned flags)
{
    CHECK(key.size && key.size <= ROWS_KEY_SIZE_MAX);
    MDB_val k = val_of(key), v = val_of(value);
    int code = mdb_cursor_put(writer->cursor, &k, &v, flags);
    return code ? failed(writer->view->rows, code, "writing") : 0;
}

int rows_writer_put(struct rows_writer *writer, struct bytes key,
                    struct bytes value)
{
    return write_row(writer, key, value, 0);
}

int rows_writer_append(struct rows_writer *writer, struct bytes key,
                       struct bytes value)
{
    return write_row(writer, key, value, MDB_APPEND);
}

void rows_writer_close(struct rows_writer *writer)
{
    if (!writer)
        return;
    mdb_cursor_close(writer->cursor);
    free(writer);
}
