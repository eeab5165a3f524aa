/// What the shared library shows to other programs.
#pragma once
#if defined(_WIN32)
#if defined(LINCLASS_BUILD)
#define LINCLASS_API __declspec(dllexport)
#else
#define LINCLASS_API __declspec(dllimport)
#endif
#else
#define LINCLASS_API __attribute__((visibility("default")))
#endif
