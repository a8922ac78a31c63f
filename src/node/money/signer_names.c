/*
 * A list: a node has a name for each of its tasks, a command two or three.
 */
#include "node/money/signer_names.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"

#include <stdlib.h>

struct signer_name {
    struct signer_name *next;
    struct signer_key key;
    bool is_known; /* otherwise it is being asked for */
    struct pubkey pubkey;
};

void signer_names_add(struct signer_names *names, const struct signer_key *key,
                      const struct pubkey *pubkey)
{
    struct signer_name *name = mem_zero(1, sizeof(*name));

    name->key = *key;
    name->is_known = pubkey != NULL;
    if (pubkey)
        name->pubkey = *pubkey;
    name->next = names->first;
    names->first = name;
}

/* Where the pointer to a name stands. */
static struct signer_name **find(struct signer_names *names,
                                 const struct signer_key *key)
{
    struct signer_name **at = &names->first;

    while (*at && ((*at)->key.role != key->role ||
                   !pubkey_equal(&(*at)->key.of, &key->of)))
        at = &(*at)->next;
    return at;
}

void signer_names_answer(struct signer_names *names,
                         const struct signer_key *key,
                         const struct pubkey *pubkey)
{
    struct signer_name **at = find(names, key);
    struct signer_name *name = *at;

    CHECK(name && !name->is_known);
    if (pubkey) {
        name->pubkey = *pubkey;
        name->is_known = true;
    } else {
        *at = name->next;
        free(name);
    }
}

int signer_names_get(const struct signer_names *names,
                     const struct signer_key *key, struct pubkey *out)
{
    struct signer_names copy = *names;
    const struct signer_name *name = *find(&copy, key);

    if (!name)
        return ERR_NOT_FOUND;
    if (!name->is_known)
        return ERR_BUSY;
    *out = name->pubkey;
    return 0;
}

bool signer_names_find(const struct signer_names *names,
                       const struct pubkey *pubkey, struct signer_key *out)
{
    for (const struct signer_name *at = names->first; at; at = at->next)
        if (at->is_known && pubkey_equal(pubkey, &at->pubkey)) {
            *out = at->key;
            return true;
        }
    return false;
}

void signer_names_free(struct signer_names *names)
{
    struct signer_name *at, *next;

    for (at = names->first; at; at = next) {
        next = at->next;
        free(at);
    }
    names->first = NULL;
}
