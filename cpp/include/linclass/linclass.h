/// Everything: include this.
#pragma once
#include "linclass/cpu.h"
#include "linclass/data.h"
#include "linclass/error.h"
#include "linclass/fit.h"
#include "linclass/functions.h"
#include "linclass/metrics.h"
#include "linclass/model.h"
#include "linclass/model_file.h"
#include "linclass/options.h"
#include "linclass/problem.h"
#include "linclass/read.h"
