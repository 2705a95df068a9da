/* SPDX-License-Identifier: ISC */
#pragma once

/* The version that the library was built as. */
const char* library_version(void);
