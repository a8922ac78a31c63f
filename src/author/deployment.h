/*
 * From a task's folder to a task on chain: read and check config-task.yml
 * (the rules of Koii's create-task-cli), read its code, put code and metadata
 * into a block store. What CreateTask says of it: author/deployment_terms.h.
 *
 * The bundle (main.js) is made before, by the task's own build; this module
 * takes its path from task_audit_program.
 *
 * Ownership: a struct deployment owns its texts through its arena. It is filled
 * by deployment_parse() or deployment_load() and emptied by deployment_free();
 * after an error there is nothing to free. So it is with a struct
 * deployment_files.
 *
 * Thread: any. Calls that load, read and store touch the disk, and block.
 */
#ifndef POND_AUTHOR_DEPLOYMENT_H
#define POND_AUTHOR_DEPLOYMENT_H

#include "base/arena.h"
#include "base/buffer.h"
#include "crypto/key.h"

#define DEPLOYMENT_NAME_SIZE_MAX 24 /* task_name, units of UTF-16 */
/* The description on chain: the first 50 characters; the whole text is in the
 * metadata. */
#define DEPLOYMENT_DESCRIPTION_CHARACTERS 50
/* Limits of this program, far above what tasks have. A stranger's file can't
 * make the parser take any amount of memory. */
#define DEPLOYMENT_REQUIREMENTS_MAX 256
#define DEPLOYMENT_TAGS_MAX 256
#define DEPLOYMENT_CONFIG_SIZE_MAX (256u << 10)
#define DEPLOYMENT_BUNDLE_SIZE_MAX (64u << 20)

/* One of requirementsTags: what a node must have, or its operator must give.
 * value is there for all but variables. */
struct deployment_requirement {
    const char *type;        /* "TASK_VARIABLE", "CPU", ... */
    const char *value;       /* or NULL */
    const char *description; /* or NULL */
};

/* A checked config-task.yml. Texts live as long as the deployment; but for tags
 * they are not empty, and NULL only where it says so. Amounts are above 0 but
 * for a round's bounty, and the round holds both windows. */
struct deployment {
    const char *task_name;
    const char *author;
    const char *description;
    const char *repository_url;
    const char *image_url; /* optional texts: NULL if absent */
    const char *info_url;
    const char *ocean_url;
    const char *executable_network; /* "IPFS", "ARWEAVE", "DEVELOPMENT" */
    const char *audit_program; /* path, transaction id or executable name */
    const char *environment;   /* "TEST", "PRODUCTION", or what it says */
    const char *engine; /* "pond", "node", "auto" (Pond's own key); or NULL */
    bool is_update;     /* of a task that is there: */
    struct pubkey task; /* it; then total_bounty_roe is 0 */
    const char *migration_description; /* NULL unless is_update */
    bool is_kpl;                       /* paid in a token: */
    struct pubkey token;               /* its mint */
    uint64_t round_time;               /* slots */
    uint64_t audit_window;
    uint64_t submission_window;
    /* Roe; with is_kpl billionths of a token, whatever its decimals. */
    uint64_t minimum_stake_roe;
    uint64_t total_bounty_roe;
    uint64_t bounty_per_round_roe;
    uint64_t allowed_failed_distributions;
    uint64_t space_bytes; /* of the task's account on chain */
    struct deployment_requirement requirements[DEPLOYMENT_REQUIREMENTS_MAX];
    size_t requirement_count;
    const char *tags[DEPLOYMENT_TAGS_MAX];
    size_t tag_count;
    uint64_t changed_ms; /* when the file was, Unix time; 0 if there is none */
    struct arena arena;  /* the texts */
};

/* What is wrong with a config-task.yml: one mistake of each of its parts
 * (texts, description, code, rounds, money, lists), in their order. */
#define DEPLOYMENT_PROBLEMS_MAX 8
#define DEPLOYMENT_FIELD_SIZE 40

struct deployment_problem {
    char field[DEPLOYMENT_FIELD_SIZE]; /* the key; "": of the whole file */
    char source[96];                   /* the line there; cut */
    unsigned line;  /* where the key stands; 0: it does not */
    char text[256]; /* for people */
};

struct deployment_problems {
    struct deployment_problem list[DEPLOYMENT_PROBLEMS_MAX];
    size_t count;
};

/* How it is read. Zeros: for a creation, from anywhere, to the first mistake.
 */
struct deployment_reading {
    bool is_update; /* as deployment_load_update() */
    bool is_inside; /* the file, and those that it names, lie in its folder,
                       wherever links lead; else ERR_DENIED */
    struct deployment_problems *problems; /* all that is found, if there is an
                                             error; or NULL */
};

/* Parse and check the text of a config-task.yml. folder: where the relative
 * paths in it begin (markdownDescriptionPath is read from there). Errors name
 * the key and the rule: ERR_INVALID. */
int deployment_parse(struct bytes yaml, const char *folder,
                     struct deployment *out);

/* The same from a file; folder is the file's own. ERR_NOT_FOUND if there is
 * none. */
int deployment_load(const char *path, struct deployment *out);

/* The same by the rules for an update: task_id and migrationDescription must be
 * there, a round's bounty is above 0, and total_bounty_amount is not read. */
int deployment_parse_update(struct bytes yaml, const char *folder,
                            struct deployment *out);
int deployment_load_update(const char *path, struct deployment *out);
/* Both in another way. */
int deployment_parse_as(struct bytes yaml, const char *folder,
                        const struct deployment_reading *reading,
                        struct deployment *out);
int deployment_load_as(const char *path,
                       const struct deployment_reading *reading,
                       struct deployment *out);
/* Allowed on one that is empty. */
void deployment_free(struct deployment *deployment);

/* metadata.json of the deployment, appended. created_at_ms: Unix time. */
void deployment_metadata(const struct deployment *deployment,
                         uint64_t created_at_ms, struct buffer *out);

/* Whether its code and metadata go into a store: those on the network IPFS do.
 */
bool deployment_is_stored(const struct deployment *deployment);

struct store;

/* For task_audit_program and task_metadata on chain. */
struct deployment_content {
    char executable_cid[65]; /* directory that holds main.js */
    char metadata_cid[65];   /* directory that holds metadata.json */
};

#define DEPLOYMENT_BUNDLE_NAME "main.js"
#define DEPLOYMENT_METADATA_NAME "metadata.json"

/* Code and metadata as they are uploaded, and their CIDs. */
struct deployment_files {
    struct buffer bundle; /* empty where the deployment is not stored */
    struct buffer metadata;
    struct deployment_content content;
};

/* Where the bundle is: audit_program, relative to folder. The caller frees it.
 */
char *deployment_bundle_path(const struct deployment *deployment,
                             const char *folder);

/* Read the bundle and make the metadata. createdAt in it is when the terms or
 * the code were changed last, so the CIDs are the same however often this is
 * done, until one of them changes. Of a deployment that is not stored, content
 * is what audit_program names, and "metadata.json", as Koii's tool writes it.
 *
 * ERR_NOT_FOUND if the bundle isn't there: build the task first. ERR_INVALID
 * if it is not UTF-8, ERR_LIMIT if it is larger than nodes take. */
int deployment_files_read(const struct deployment *deployment,
                          const char *folder, struct deployment_files *out);
void deployment_files_free(struct deployment_files *files);

/* Put them into the store as Koii's uploader lays them out (<cid>/main.js,
 * <cid>/metadata.json), and pin both as the user's under that name. */
int deployment_files_store(const struct deployment_files *files,
                           const char *pin_name, struct store *store);

#endif
