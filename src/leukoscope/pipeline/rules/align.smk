# Reads of one sample: check, join lanes, trim, align once for everything.


def lanes(wildcards):
    return SAMPLES[wildcards.sample]["lanes"]


def raw_reads(wildcards):
    """Files as the trimmer sees them: the user's own, or the joined lanes."""
    if len(lanes(wildcards)) == 1:
        return lanes(wildcards)[0]
    return [f"samples/{wildcards.sample}/lanes_{mate}.fastq.gz" for mate in (1, 2)]


def seen_reads(wildcards):
    """The same by names without a path of the machine, because fastp and STAR write them down."""
    if len(lanes(wildcards)) == 1:
        return [f".leukoscope/reads/{wildcards.sample}_{mate}.fastq.gz" for mate in (1, 2)]
    return raw_reads(wildcards)


rule check_reads:
    input:
        lambda wildcards: [path for lane in lanes(wildcards) for path in lane],
    output:
        "samples/{sample}/reads.json",
    log:
        "logs/check_reads/{sample}.log",
    shell:
        "{STEP} --name check_reads:{wildcards.sample} --log {log} --output {output} -- "
        "{LEUKOSCOPE} reads {input:q} --output @{output}"


rule join_lanes:
    input:
        checked="samples/{sample}/reads.json",
        lanes=lambda wildcards: [lane[int(wildcards.mate) - 1] for lane in lanes(wildcards)],
    output:
        temp("samples/{sample}/lanes_{mate}.fastq.gz"),
    log:
        "logs/join_lanes/{sample}_{mate}.log",
    shell:
        "{STEP} --name join_lanes_{wildcards.mate}:{wildcards.sample} --log {log} --output {output} "
        "--stdout @{output} -- cat {input.lanes:q}"


# fastp's insert sizes are those of its first thread, so the number of threads is part of the result.
FASTP_THREADS = 4


rule trim:
    input:
        checked="samples/{sample}/reads.json",
        reads=raw_reads,
    output:
        reads=temp(["samples/{sample}/trimmed_1.fastq.gz", "samples/{sample}/trimmed_2.fastq.gz"]),
        report="samples/{sample}/fastp.json",
    params:
        seen=seen_reads,
        software=software("fastp"),
    log:
        "logs/trim/{sample}.log",
    threads: FASTP_THREADS
    resources:
        mem_mb=3000,
    shell:
        "{STEP} --name trim:{wildcards.sample} --log {log} --output {output} -- "
        "fastp --in1 {params.seen[0]} --in2 {params.seen[1]} "
        "--out1 @{output.reads[0]} --out2 @{output.reads[1]} --compression 1 "
        "--json @{output.report} --html @fastp.html --thread {FASTP_THREADS}"


rule align:
    input:
        reads=rules.trim.output.reads,
        reference=config["reference_description"],
    output:
        transcriptome=temp("samples/{sample}/alignment/Aligned.toTranscriptome.out.bam"),
        bam="samples/{sample}/alignment/Aligned.out.bam",
        log="samples/{sample}/alignment/Log.final.out",
        introns="samples/{sample}/alignment/SJ.out.tab",
        counts="samples/{sample}/alignment/ReadsPerGene.out.tab",
        junctions="samples/{sample}/alignment/Chimeric.out.junction",
    params:
        software=software("STAR"),
    log:
        "logs/align/{sample}.log",
    threads: min(8, config["threads"])
    resources:
        mem_mb=lambda wildcards, attempt, threads: attempt * (config["star_memory_mb"] + 500 * threads),
    shell:
        "{STEP} --name align:{wildcards.sample} --log {log} --sort {output.junctions} --output {output} -- "
        "STAR --genomeDir .leukoscope/reference/star --readFilesIn {input.reads} --readFilesCommand zcat "
        "--outFileNamePrefix @samples/{wildcards.sample}/alignment/ --runThreadN {threads} "
        "--runRNGseed {config[seed]} --twopassMode Basic --quantMode TranscriptomeSAM GeneCounts "
        "--outSAMtype BAM Unsorted --outSAMunmapped Within --outBAMcompression 1 "
        "--outSAMattrRGline ID:{wildcards.sample} SM:{wildcards.sample} "
        "--outSAMattributes NH HI AS nM NM MD ch --outFilterMultimapNmax 50 --peOverlapNbasesMin 10 "
        "--alignSplicedMateMapLminOverLmate 0.5 --alignSJstitchMismatchNmax 5 -1 5 5 "
        "--chimSegmentMin 10 --chimOutType WithinBAM HardClip Junctions --chimOutJunctionFormat 1 "
        "--chimJunctionOverhangMin 10 --chimScoreDropMax 30 --chimScoreJunctionNonGTAG 0 "
        "--chimScoreSeparation 1 --chimSegmentReadGapMax 30 --chimMultimapNmax 50"
