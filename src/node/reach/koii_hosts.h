/*
 * The names of Koii's own services, as its clients have them written down
 * (reference, 1.9 and 5).
 *
 * Thread: any.
 */
#ifndef POND_NODE_REACH_KOII_HOSTS_H
#define POND_NODE_REACH_KOII_HOSTS_H

#include <stdbool.h>

#define KOII_STORAGE_HOSTS 3
#define KOII_ENDPOINT_HOSTS 5

extern const char *const koii_storage_hosts[KOII_STORAGE_HOSTS];
extern const char *const koii_endpoint_hosts[KOII_ENDPOINT_HOSTS];

/* The task whose nodes are Koii's storage, by default (storage-task-sdk). */
#define KOII_STORAGE_TASK "BWfeCA4gyVKpmKGpq6MDHir16p7i2Er1e8XEHQj7z7zm"

/* Whether a host (in lower case) is one of Koii's endpoints. */
bool koii_hosts_is_endpoint(const char *host);

#endif
