/*
 * From a task's sources to the one file that nodes run, with esbuild.
 *
 * The recipe is what makes the most of the network's public tasks run: Node's
 * builds of packages, Koii's modules left to the engine, no names shortened, a
 * source map beside. Bundles for the engine pond also run in Node.
 *
 * Thread: any. bundle_build() starts a program, reads and writes files, and
 * blocks until all is done: seconds for a large task.
 */
#ifndef POND_AUTHOR_BUNDLE_H
#define POND_AUTHOR_BUNDLE_H

#include "base/buffer.h"
#include <stdbool.h>

#define BUNDLE_REASON_SIZE 160

/* What esbuild lists of its inputs is about a twentieth of the bundle. */
#define BUNDLE_METAFILE_SIZE_MAX (64u << 20)

struct bundle_options {
    const char *folder; /* the task's */
    const char *entry;  /* below folder, or NULL: it is looked for */
    const char *output; /* below folder, or NULL: what the config names, or
                         * dist/main.js */
    const char *config; /* below folder, or NULL: config-task.yml */
    bool is_inside;     /* no source lies outside of the folder, wherever links
                           lead, but for packages (node_modules) */
};

/* Which engine a task's own imports ask for. */
struct bundle_engine {
    const char *name; /* "pond" or "node" */
    /* Of "node", what asks for it: "child_process in src/index.js". Else
     * empty. */
    char reason[BUNDLE_REASON_SIZE];
};

/* Filled by bundle_build(), emptied by bundle_free(), after an error too. */
struct bundle {
    char *entry;  /* below the folder */
    char *output; /* with the folder: the bundle; its map is output.map */
    uint64_t size_bytes;
    struct bundle_engine engine;
    /* The engine was written into config-task.yml by this build. */
    bool config_changed;
    /* What esbuild said: warnings, or why it failed. */
    struct buffer messages;
};

/* Build the task. ERR_NOT_FOUND: no esbuild, no entry, no such folder;
 * ERR_INVALID: the sources do not bundle (messages says why); ERR_DENIED: one
 * lies outside, and there is no bundle then; ERR_LIMIT: the
 * bundle is larger than nodes take. */
int bundle_build(const struct bundle_options *options, struct bundle *out);
void bundle_free(struct bundle *bundle);

/* Where the task begins, below its folder; the caller frees it. ERR_NOT_FOUND.
 */
int bundle_entry(const struct bundle_options *options, char **out);

/* Whether the bundle (options->output, which must be given) is missing or older
 * than a source: than the files below the entry's folder, or than
 * package.json. *newer is the first such file, or NULL; the caller frees it. A
 * folder without sources is due for nothing. ERR_LIMIT: too large a tree. */
int bundle_is_due(const struct bundle_options *options, bool *is_due,
                  char **newer);

/* Put the source map that lies beside a bundle into it, so that a worker, which
 * gets one file, shows the author's lines: source is the text of the file at
 * path. A bundle that names no map, or one that is not there, stays as it is.
 */
void bundle_embed_map(const char *path, struct buffer *source);

/* Choose by esbuild's metafile: the files outside node_modules, and what they
 * import; and by what these files say, which lie in folder (NULL: they are not
 * looked at). ERR_INVALID if it is not one. */
int bundle_choose_engine(struct bytes metafile, const char *folder,
                         struct bundle_engine *out);

/* The sources that esbuild's metafile names, by paths from the task's folder:
 * ERR_DENIED names one that lies outside of it and is neither in a package nor
 * in scratch. ERR_INVALID if it is no metafile. */
int bundle_check_inside(struct bytes metafile, const char *folder,
                        const char *scratch);

/* Append the source with every character that is not ASCII as \uXXXX, so that
 * the engine keeps the text in bytes. That is the same program where such
 * characters stand in regular expressions only, as esbuild leaves them. */
void bundle_escape(struct bytes source, struct buffer *out);

/* Append the mappings of a source map of source, as they are once the source
 * has been escaped. */
void bundle_shift(struct bytes source, struct bytes mappings,
                  struct buffer *out);

#endif
