/*
 * The script that Node loads before a bundle: it sends every connection of the
 * bundle to the node's proxy (koii_preload.js).
 */
#ifndef POND_RUNTIME_KOII_KOII_PRELOAD_H
#define POND_RUNTIME_KOII_KOII_PRELOAD_H

extern const char koii_preload[];

#endif
